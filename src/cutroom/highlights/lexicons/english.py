"""English."""

from typing import Final

from cutroom.highlights.lexicons.lexicon import Lexicon, lexicon

ENGLISH: Final[Lexicon] = lexicon(
    stop="""a about above after again against all am an and any are aren't as at be because been before being below
        between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each
        few for from further get gets getting go goes going gonna got had hadn't has hasn't have haven't having here
        here's how i'd i'll i'm i've if in into is isn't it's its itself just kind know let let's like lot made make
        makes many maybe me more most much my myself no nor not now of off on once one only or other our ours out
        over own put really said same say says see she's should shouldn't some something sort still stuff such take
        than that's the their theirs them themselves then there there's thing things think those through to too
        under until up us very want was wasn't way we'd we'll we're we've well were weren't will with won't would
        wouldn't yes yeah okay ok""",
    fillers="""um,uh,er,ah,hmm,you know,i mean,sort of,kind of,i guess,or whatever,and stuff,blah,like i said,
        anyway,basically""",
    hanging="""and or nor because cause which whereas therefore thus hence he she they him her them his hers their
        theirs he's she's they're they've he'd she'd they'd he'll she'll they'll himself herself themselves but also
        then yet plus though too either neither likewise otherwise meanwhile afterwards""",
    leaning="so it its it's this that that's these those there such well anyway",
    freeing="""what what's why how when where who if let let's here here's i i'm i've my today now you your the a an
        is was takes took turns imagine suppose one two three four five""",
    asking="what what's why how how's who who's whom whose where where's when which",
    inverting="""do does did is are was were have has had can could will would should shall am isn't aren't don't
        doesn't didn't won't wouldn't can't couldn't haven't hasn't""",
    subjects="i you we he she it they there this that these those anyone anybody somebody someone the your my our",
    tags="right okay ok yeah huh eh no yes correct alright",
    extremes="""best worst most least never always ever only nobody none nothing everyone everybody everything all
        biggest largest smallest hardest easiest fastest greatest highest lowest deepest richest poorest strangest
        funniest impossible entire entirely completely totally absolutely single every first last unique extremely
        incredibly unprecedented forever""",
    turns="""but,however,instead,actually,although,until,yet,unless,except,despite,whereas,suddenly,turns out,
        turned out,not because,the opposite,the problem is,the catch,contrary,on the contrary,in fact,in reality,
        surprisingly,except that,and then,no longer,rather than,wrong,myth,changed,realised,realized""",
    feelings="""love loved loves hate hated afraid fear scared terrified terrifying angry anger furious cry cried
        crying tears laugh laughed laughing hilarious funny shocked shocking amazing amazed incredible unbelievable
        beautiful wonderful awful horrible terrible devastating heartbreaking painful pain hurt proud pride ashamed
        shame embarrassed embarrassing excited exciting thrilled happy happiest sad lonely alone desperate hope
        hopeless joy disaster nightmare dream crazy insane stunned astonishing remarkable brilliant genius stupid
        brave courage died dead death kill killed dying failed failure lost broke broken fell crash saved survive
        survived regret miracle passion obsessed furious panic""",
    address="you your yours yourself yourselves you're you've you'll you'd",
    reveals="""the truth is,the truth about,here is what,here's what,here is the,here's the,here is why,here's why,
        here is how,here's how,secret,the secret,nobody tells,no one tells,nobody told,mistake,mistakes,
        the mistake,lesson,lessons,what if,imagine,the reason,the real reason,i learned,we learned,i discovered,
        we discovered,i realised,i realized,the key to,is the key,key is to,the trick is,the trick to,
        the answer is,the answer lies,the point is,let me tell you,i will never forget,i'll never forget,
        i remember,the day,one day,one night,most people,everyone thinks,people think,nobody expected,the thing is,
        it turns out,the moment,changed my,changed the way,if you want,you need to,you have to,stop doing,never do,
        never again,the first time,for the first time,nobody believed,the question is,guess what,believe it or not,
        in other words,story,confession,surprise,surprised,advice""",
    markers="""now,next,first,second,third,finally,lastly,moving on,let's move on,let us move on,another thing,
        the next,let's talk,let us talk,let me turn,turning to,on to,speaking of,to begin,to start,okay so,
        all right,alright,the second,the third,our next,one more thing,the other thing,next up,meanwhile,welcome,
        today""",
    endings="""that is why,that's why,so that is,so that's,in the end,and that is,and that's,which is why,
        the lesson,the point is,the moral,in short,to sum up,in summary,in conclusion,at the end of the day,
        ever since,that was the,and it worked,bottom line,never again,that changed""",
    numbers="""two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
        seventeen eighteen nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred hundreds thousand
        thousands million millions billion billions percent half quarter dozen twice double triple""",
    wishes="""moment moments part parts clip clips highlight highlights find show give pick passage passages segment
        segments bit bits short shorts video videos talk talks talking speak speaks speaking discuss discusses
        discussing discussed discussion mention mentions mentioned mentioning explain explains explaining explained
        interesting best most please about where who anything everything related regarding concerning great good
        section sections scenes scene topic topics want need""",
    funny="funny hilarious laugh laughs laughter laughing joke jokes humor humour comedy comic",
)
