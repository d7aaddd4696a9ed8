"""Texts of talks: filler about this and that, and passages worth keeping; two sets that share no theme.

Both were written before the first weight of the scoring was tried; weights are set with `DEVELOPMENT` in sight alone.
Filler asks questions, names numbers and speaks to listeners too, as real filler does.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Texts:
    """One set: topics of filler and passages, each a text of whole sentences."""

    filler: tuple[str, ...]
    passages: tuple[str, ...]


DEVELOPMENT: Final = Texts(
    filler=(
        """Good morning and thank you for coming in. I hope everybody found the room. The coffee is on the table at the
        back. Can you hear me at the back? We will start with a short round and then go through the list. The list was
        sent around on Monday. Some of the points are the same as last time. We have the room until half past eleven.
        If the light is too bright we can close the blinds. The microphone should be on. I will keep this part short.
        There is some water over there as well.""",
        """Let me go to the next slide. This slide shows the parts of the building. The blue part is the office and the
        grey part is the store. The parking lot is behind it. We moved some desks in spring. The printers are on the
        second floor now. There are new labels on the doors. The kitchen stays where it is. You will find the meeting
        rooms along the corridor. The numbers on the doors go from left to right. The lift was checked in March. The
        carpet will be cleaned in the summer.""",
        """The schedule for the next weeks looks about the same. On Tuesday we have the regular call. On Wednesday there
        is the review of the documents. The documents are in the shared folder. The folder has a new name. Please use
        the new name. Thursday is free for most of us. On Friday we send the report around. The report has four pages.
        Somebody will collect the comments. The comments go into the table. The table is sorted by date.""",
        """The software was updated over the weekend. The update took about two hours. Some of you may have seen a
        message. You can click on okay there. The menu looks a little different. The search field moved to the top. The
        settings are under the wheel. The old settings were copied. There is a page with the changes. The page is linked
        in the mail. The next update will be in autumn. Nothing else has to be installed.""",
        """We had a look at the suppliers again. There are three of them for the cartons. The cartons come in two sizes.
        The larger size is used for the shelves. Delivery takes about a week. The invoices are sent by mail. The
        addresses are in the list. Some of the addresses were old. They were corrected by the office. The order for the
        next quarter goes out soon. The paper comes from the same place as before. The stock is counted at the end of
        the month.""",
        """About the travel expenses, the form is the same. The form has a field for the date. Tickets can be attached
        as a file. Please write the project on the form. The hotel is booked by the office. Breakfast is included in
        most places. The train leaves from platform seven. There is a bus from the station. The bus runs every twenty
        minutes. Receipts are kept for some time. The copies go into the binder. The binder is in the cupboard.""",
        """The weather was mild this month. The garden was done by the usual company. The hedge was cut on both sides.
        They put new gravel on the path. The benches were painted green. There are some pots with flowers at the
        entrance. The bins are emptied on Mondays. The gate is closed at eight in the evening. The bicycles stand under
        the roof. The roof was repaired last year. The lamps come on by themselves. The grass is watered in the
        morning.""",
        """The training goes on as planned. It has six units. Each unit is about an hour. The units are on the platform.
        You can do them in any order. There is a short test at the end. The certificates are printed by the office. Most
        of you have done the first unit. The second unit has some videos. The videos have captions. The platform works
        on phones too. Did everybody get the link?""",
        """The archive was put in order in winter. The boxes have a number on the lid. The lists hang on the inside of
        the door. Older boxes are on the lower shelves. The plans are in the long drawers. You can take them out for a
        day. There is a sheet for signing. The sheet hangs beside the lamp. The room has its own key. The key is at the
        desk. The air is a bit dry in there. Somebody comes by once in a while.""",
        """As for the phones, we keep the ones we have. The contract goes on for a year. The charging cables are in the
        drawer. Every desk has one socket more. The ringing tone can be chosen in the menu. The voice box is switched on
        in the evening. The list of extensions is on the wall. Two extensions have changed. The fax was taken away. The
        headsets are in the small box. Are there any questions about the phones? Then we go on.""",
        """The canteen has a new supplier. There is soup on every day of the week. The menu hangs at the entrance. On
        Wednesdays there is fish. The trays go on the belt. You pay with the card. The card can be filled at the
        machine. The machine takes coins and notes. The tables by the window are the first to be taken. Around noon it
        is rather full. At one it gets quieter. The plants were watered yesterday.""",
    ),
    passages=(
        """What would you do if your company lost every customer in a single night? That happened to us in two thousand
        and nine. We had eleven days of money left and I was terrified. So I did the one thing that nobody advises. I
        called every customer who had left and asked them to tell me the truth. Forty of them came back, and the reason
        was never the price. They came back because for the first time somebody had listened.""",
        """Most people believe that talent decides who becomes a great musician. The truth is that we measured it, and
        talent explained almost nothing. The best violinists had practised ten thousand hours by the age of twenty. The
        worst ones had practised less than four thousand. But here is what surprised us most. The best ones also slept
        an hour more every day. Rest is not the opposite of practice, rest is where practice becomes skill.""",
        """I will never forget the day the bridge fell. I was the engineer who had signed the drawing. Nobody died, and
        that was pure luck. For a year I could not look at a river without shame. Then my old professor told me a secret
        that changed my life. Every great engineer has one failure that they think about each morning. The mistake does
        not make you a bad engineer, hiding it does.""",
        """Why do we remember the worst five minutes of a holiday and forget ten wonderful days? The answer lies in a
        tiny part of the brain. It stores fear three times as deeply as joy. For our ancestors that was brilliant,
        because whoever forgot the lion was dead. For you it is a disaster, since there are no lions in your inbox. You
        can turn it around with one trick. Write down one good moment every night, and in a month your memory begins to
        change.""",
        """Imagine you could cure blindness for the price of a pizza. That is not a dream, it costs nineteen dollars. A
        surgeon in Nepal does the operation in five minutes. He has given sight back to more than one hundred thousand
        people. When the bandage comes off, many of them cry, and so did I. The most expensive hospitals in the world
        laughed at his cheap lens. Now they buy it from him.""",
        """The biggest lie about money is that saving makes you rich. I saved for twenty years and I was still poor. Do
        you know what changed everything? A woman of eighty showed me her notebook. She had never earned more than a
        teacher, and she owned four houses. Her secret was absurdly simple. She bought nothing in the first month that
        she wanted it, and she invested every single penny that she did not miss.""",
        """Nobody believed that a school without grades could work. In the first year the parents were furious. They
        said we would destroy their children. But something incredible happened in the second year. The weakest pupils
        began to help each other, and their results rose by sixty percent. Competition had never made them strong. It
        had only made them afraid.""",
        """Let me tell you about the most expensive typing mistake in history. In nineteen sixty two a rocket went to
        Venus and had to be blown up after five minutes. The reason was one missing stroke over one letter. It cost
        eighty million dollars. Everybody was angry at the person who had copied the formula. But the real failure was
        that no one had been allowed to ask a stupid question. Since that day I ask the stupidest question first.""",
    ),
)

HELD_OUT: Final = Texts(
    filler=(
        """Okay, the recording is running now. We are a little late because of the traffic. The guest will join us in a
        moment. In the meantime I can say something about the programme. The programme is on the website. There is a
        calendar with all the dates. Some dates are still open. You can subscribe to the letter. The letter comes on the
        first of the month. We have a new logo on the page. The colours are a bit lighter than before. Is the sound all
        right on your side?""",
        """I was at the market on Saturday. There were apples and pears. The stalls stand around the church. I bought
        some bread and two kinds of cheese. The bread was from the bakery in the next village. After that I walked home
        along the canal. There were a few boats. The boats were mostly brown and white. At home I put the things into
        the fridge. The fridge makes a low sound. Then I read the newspaper. It was a quiet afternoon.""",
        """The camera has three buttons. The left one is for the menu. The middle one takes the picture. The right one
        is for the timer. The battery sits under the lid. The strap goes through the two rings. There is a cover for the
        lens. The cover can be kept in the bag. The bag has a side pocket. The manual is in the box. The box also holds
        a cable. The cable is about one metre long.""",
        """The path starts behind the station. It goes along the fields for a while. After the farm you turn to the
        left. There is a sign with a yellow arrow. The path is flat for the most part. On the right side you see the
        pond. There are some ducks on it. The second half is on gravel. A bench stands under the trees. From there it is
        about four kilometres to the village. The village has a small shop. The bus stops in front of it.""",
        """For the dough we take flour and water. The flour goes into the large bowl. The water should be warm. Then we
        add the salt. You stir it with a spoon. The bowl is covered with a cloth. It stands for about an hour. Meanwhile
        we cut the onions. The onions go into the pan. The pan should not be too hot. We also need some oil. The oven is
        set to the middle.""",
        """The league plays on Saturday and Sunday. There are eighteen teams in it. Our team is somewhere in the middle.
        The pitch is next to the swimming pool. The changing rooms were renovated. Tickets are sold at the gate. The
        season goes until May. Training is on Tuesday evening. The coach has been there for some time. The shirts are
        the same as last year. The shirts have a white stripe. What else is there to say?""",
        """The museum opens at ten. The entrance is on the side of the square. Coats can be left downstairs. The first
        room has maps and plans. The second room has some plates and cups. They are arranged by year. There is a small
        text beside each of them. The text is in two languages. The stairs lead to the upper floor. Up there you find
        the chairs and tables. The shop sells cards. Guided tours are on weekends.""",
        """The form is filled in with a black pen. The first line is for the name. The second line is for the street.
        After that comes the number of the house. The back of the form stays empty. You sign it at the bottom. Then it
        goes into the envelope. The envelope has a window. The stamp goes on the right. The office is open in the
        morning. It usually takes a few weeks. You will get a letter.""",
        """The laundry is sorted by colour. The white things go in first. The powder is on the shelf. One cup is
        enough for a full load. The door has to click. The machine runs for about an hour. After that the things hang in
        the yard. The pegs are in a basket. On some days the wind is stronger. The shirts dry first. The socks take
        longer. In the evening everything is folded.""",
        """The library has a reading room. The chairs are along the wall. Magazines lie on the round table. You can
        borrow them for a week. The desk is on the left when you come in. There is a box for returning books. The box is
        emptied each morning. Films are on the upper floor. The lamp on the stairs is on a timer. Do you have the new
        card already? It is yellow now. The old one is still read by the machine.""",
        """The shelf comes in a flat box. The boards are on top of each other. The screws are in a bag. There is a small
        wrench in the bag as well. You begin with the two sides. The back is put in last. The holes are already there.
        The feet are made of plastic. A second person can hold the board. The shelf stands against the wall. There is a
        strip for the wall too. The paper can be thrown away.""",
    ),
    passages=(
        """How long can a human being go without sleep before the mind breaks? A boy of seventeen tried it for a school
        project. On day four he thought that a street sign was talking to him. On day eleven he could not count down
        from one hundred. Doctors were horrified, and the record books have refused such attempts ever since. The cruel
        part came forty years later, when his sleep left him for good.""",
        """People love to say that the early ocean was silent. It was in fact unbearably loud. A single snapping shrimp
        makes a bang hotter than the surface of the sun. Millions of them together once hid an entire submarine from
        sonar. Navies spent fortunes before anyone asked a biologist. The loudest animal in the sea is smaller than your
        finger.""",
        """My father never said that he loved us. When he died, I found a drawer with three hundred bus tickets in it.
        On the back of each he had written what I told him on the ride to school. I sat on the floor and wept until it
        was dark. All those years I had taken his silence for emptiness. Some people do not say love, they keep it.""",
        """Everyone told us to launch with more features. We did the opposite and deleted half of the product. Sign ups
        doubled within nine weeks. Customers wrote that they finally understood what it was for. The hardest decision
        was to throw away the feature that I had built myself. Whatever you cannot explain in one breath, your users
        will never find.""",
        """Would you board a plane if the pilot had been awake for thirty hours? Nobody would, and the law forbids it.
        Yet a surgeon may operate on your heart after exactly such a night. We compared nine thousand operations. After
        sleepless nights, serious errors were almost three times as common. The terrifying thing is that the tired
        surgeons felt perfectly fine.""",
        """The worst joke I ever told saved my career. I was on stage in front of two thousand bankers and forgot every
        single line. In panic I asked them for a loan. Nobody laughed for an eternity, and then the whole hall exploded.
        Afterwards the director hired me on the spot. He said that anyone can deliver a speech, but only a free person
        can survive a disaster.""",
        """There is a village in Italy where people forget to die. One man in ten there lives past ninety. Scientists
        expected special genes and found none. They expected a miracle diet and found lard and red wine. What they found
        at last was embarrassingly simple. Nobody in that village ever eats alone. Loneliness kills more surely than
        fifteen cigarettes a day.""",
        """Never apologise for changing your mind. In seventeen ninety five the greatest chemist of his time was shown
        to be wrong by an unknown student. He stood up, shook the young man's hand and thanked him in front of the
        academy. The audience was stunned. Years later that student said this one handshake had made him a scientist.
        Being right makes you respected, but admitting that you were wrong makes you trusted.""",
    ),
)
