"""Dutch."""

from typing import Final

from cutroom.highlights.lexicons.lexicon import Lexicon, lexicon

DUTCH: Final[Lexicon] = lexicon(
    stop="""aan al alle als altijd andere ben bij daar dan dat de deze die dit doch doen door dus een eens en er ge
        gaan gaat geen geweest goed haar had heb hebben heeft heel hem het hier hij hoe hun iemand iets ik in is ja
        je kan komen kon kunnen maar maken me meer men met mij mijn moet na naar niet niets nog nu of om omdat ons
        onze ook op over reeds te tegen toch toen tot u uit uw van veel voor want waren was wat we wel werd wezen
        wie wij wil worden zal ze zei zelf zich zij zijn zo zonder zou""",
    fillers="eh,uh,uhm,zeg maar,weet je,ofzo,eigenlijk,nou,gewoon",
    hanging="""en of want omdat maar dus hij zij ze hem haar hen hun ook toen daarom daardoor daarna bovendien toch
        anders welke""",
    leaning="het dat dit deze die zo dus er daar",
    freeing="is was wat waarom hoe wanneer waar wie ik wij we jullie vandaag stel de het een",
    asking="wat waarom hoe wie waar wanneer welke welk hoeveel waarmee",
    inverting="is zijn was heeft heb hebben kan kun kunnen wil wilt willen weet weten denk denken ken kennen moet ga",
    subjects="ik jij je hij zij ze het we wij jullie u er dat dit iemand de",
    tags="toch hè nee ja oké niet",
    extremes="""beste slechtste grootste kleinste hoogste snelste moeilijkste meeste nooit altijd niemand niets
        iedereen alles elke enige eerste laatste onmogelijk volledig absoluut helemaal ongelooflijk extreem""",
    turns="""maar,echter,toch,eigenlijk,in werkelijkheid,in feite,integendeel,hoewel,in plaats van,plotseling,
        het probleem,ondanks,totdat,behalve,blijkt,fout,mythe""",
    feelings="""liefde hou haat bang angst doodsbang boos woedend gehuild huilen tranen lachen gelachen grappig
        geschokt schokkend ongelooflijk prachtig geweldig vreselijk verschrikkelijk pijn trots schaamte gênant
        enthousiast gelukkig verdrietig eenzaam wanhopig hoop vreugde ramp nachtmerrie droom gek waanzin geniaal dom
        moed gestorven dood mislukt mislukking verloren gebroken gered overleefd spijt wonder passie paniek""",
    address="je jij jou jouw jullie u uw",
    reveals="""de waarheid,het geheim,geheim,fout,de fout,les,wat als,stel je voor,de reden,geleerd,ontdekt,besefte,
        de sleutel,de truc,het antwoord,niemand vertelt,ik herinner me,op een dag,de meeste mensen,iedereen denkt,
        het blijkt,het moment,voor het eerst,de vraag is,verhaal,verrassing,advies,nooit meer""",
    markers="""nu,vervolgens,ten eerste,ten tweede,ten derde,eerst,tenslotte,tot slot,laten we,iets anders,
        het volgende,trouwens,om te beginnen,vandaag,welkom""",
    endings="daarom,uiteindelijk,kortom,samengevat,sindsdien,dat is waarom",
    numbers="""twee drie vier vijf zes zeven acht negen tien elf twaalf twintig dertig veertig vijftig
        zestig zeventig tachtig negentig honderd duizend duizenden miljoen miljoenen miljard procent helft kwart
        dozijn dubbel""",
    wishes="""momenten moment stukken fragmenten fragment clips clip delen deel vind zoek toon over waar praat
        praten beste interessante onderwerp""",
    funny="grappig grappige lachen grap grappen humor komisch",
)
