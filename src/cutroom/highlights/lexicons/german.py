"""German."""

from typing import Final

from cutroom.highlights.lexicons.lexicon import Lexicon, lexicon

GERMAN: Final[Lexicon] = lexicon(
    stop="""aber alle allem allen aller alles als am an ander andere anderen auch auf aus bei beim bin bis bist da
        damit dann das dass dein dem den denn der des die doch dort du durch ein eine einem einen einer eines
        einfach etwas für gegen gibt gewesen geht gut haben hat hatte hatten hier hin hinter ich im in ins ist ja
        jede jeden jeder jetzt kann kein keine können machen macht man manche mehr mein mich mir mit nach nicht noch
        nun nur ob oder ohne sagen sagt sehr sein selbst sich sind so solche soll sollte sondern über um und uns
        unser unter viel vom von vor war waren was weg weil weiter wenn werde werden wie wieder will wird wirst wo
        wollen würde zu zum zur zwischen""",
    fillers="äh,ähm,hm,halt,sozusagen,quasi,irgendwie,na ja,naja,weißt du,ich sag mal",
    hanging="""und oder weil denn sondern welche welcher welches er sie ihn ihm ihnen ihr ihre seine seinen seiner
        aber auch dann doch deshalb deswegen darum daher dadurch damit danach außerdem trotzdem sonst zudem""",
    leaning="so es das dies diese dieser dieses jene jener solche also da dabei daran darin",
    freeing="""ist war heißt was warum wie wann wo wer ich wir sie ihr du heute nun stellen stell der die das ein
        eine gibt gab geht ging""",
    asking="was warum wie wer wen wem wessen wo wohin woher wann weshalb wieso welche welcher welches womit wozu",
    inverting="""ist sind war waren hat haben hatte habt kann können könnt könnte könnten will wollen würde würden
        soll sollen sollte muss müssen darf wird werden kennen kennt kennst wissen weißt wisst glauben glaubst gibt""",
    subjects="ich du er sie es wir ihr man das dies jemand der die",
    tags="oder ne nicht gell richtig okay ja stimmt's",
    extremes="""beste besten bester schlimmste schlimmsten größte größten kleinste höchste schnellste schwerste
        schönste meisten nie niemals immer niemand keiner nichts alle alles jeder einzige einzigen erste ersten
        letzte letzten unmöglich völlig absolut komplett unglaublich extrem gesamte""",
    turns="""aber,doch,jedoch,sondern,obwohl,trotzdem,stattdessen,tatsächlich,eigentlich,plötzlich,in wahrheit,
        in wirklichkeit,das problem,im gegenteil,erst als,statt,falsch,irrtum,überraschend""",
    feelings="""liebe lieben geliebt hasse hass angst fürchte furchtbar wütend wut geweint weinen tränen lachen
        gelacht lustig witzig geschockt schockiert unglaublich wunderbar schrecklich schlimm traurig glücklich stolz
        scham peinlich begeistert verzweifelt einsam hoffnung freude katastrophe albtraum traum verrückt wahnsinn
        erstaunlich mutig mut gestorben tot tod gescheitert verloren zerbrochen gerettet überlebt bereut wunder
        schmerz panik""",
    address="sie ihnen ihr euch du dich dir dein deine ihre euer eure",
    reveals="""die wahrheit,geheimnis,das geheimnis,fehler,der fehler,lektion,was wäre wenn,stellen sie sich vor,
        stell dir vor,der grund,gelernt,entdeckt,begriffen,der schlüssel,der trick,die antwort,der punkt ist,
        niemand sagt,ich erinnere mich,eines tages,die meisten,alle glauben,es stellte sich heraus,der moment,
        zum ersten mal,die frage ist,geschichte,überraschung,rat,nie wieder,ich werde nie vergessen""",
    markers="""nun,als nächstes,erstens,zweitens,drittens,zuerst,schließlich,zum schluss,kommen wir,reden wir,
        sprechen wir,ein anderes,das nächste,weiter geht,noch etwas,übrigens,zu beginn,heute,willkommen""",
    endings="""deshalb,darum,deswegen,am ende,kurz gesagt,zusammengefasst,unterm strich,seitdem,das heißt,
        und das ist,das war""",
    numbers="""zwei drei vier fünf sechs sieben acht neun zehn elf zwölf zwanzig dreißig vierzig fünfzig
        sechzig siebzig achtzig neunzig hundert tausend tausende million millionen milliarde milliarden prozent
        hälfte viertel dutzend doppelt dreifach""",
    wishes="""momente moment stellen stelle teile clips clip highlights ausschnitte ausschnitt finde finden zeige
        zeig gib abschnitte über wo beste interessante besprechen reden redet bitte thema themen""",
    funny="lustig lustige lustigen witzig witzige lachen witz witze humor komisch",
)
