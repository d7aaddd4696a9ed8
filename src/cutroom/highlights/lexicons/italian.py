"""Italian."""

from typing import Final

from cutroom.highlights.lexicons.lexicon import Lexicon, lexicon

ITALIAN: Final[Lexicon] = lexicon(
    stop="""a abbiamo ad agli ai al alla alle allo anche ancora avere c'è che chi ci ciò come con cosa così cui da
        dal dalla dalle degli dei del dell della delle dello di dopo dove due e è ed era essere fa fare fatto gli ha
        hai hanno ho i il in io l la le lei li lo loro lui ma me mi mia mio molto ne negli nei nel nella nelle no
        noi non nostro o ogni per perché perciò più poi può qua quale quando quanto quello questo qui sa se sei si
        sia siamo siete sono sta stato su sua sue sugli sui sul sulla suo suoi tra tu tutta tutte tutti tutto un una
        uno va vi voi""",
    fillers="ehm,eh,cioè,diciamo,insomma,tipo,allora,ecco",
    hanging="""e ed o oppure perché poiché quindi lui lei loro egli essa essi gli ma anche poi però dunque inoltre
        invece altrimenti""",
    leaning="questo questa questi queste quello quella ciò così allora",
    freeing="è era che cosa perché come quando io noi voi oggi immagina immaginate il la un una",
    asking="cosa perché come quando dove chi quale quali quanto quanti quanta quante",
    inverting="hai avete sai sapete puoi potete vuoi volete pensi pensate è sono c'è conosci conoscete",
    subjects="tu voi lei che cosa qualcuno mai",
    tags="no vero giusto sì ok",
    extremes="""migliore migliori peggiore peggiori mai sempre nessuno niente nulla tutti tutto ogni unico unica
        primo prima ultimo ultima impossibile totalmente completamente assolutamente incredibilmente massimo""",
    turns="""ma,però,tuttavia,in realtà,infatti,al contrario,invece,anche se,improvvisamente,il problema,nonostante,
        finché,eccetto,falso,mito,anziché""",
    feelings="""amore amo amato odio odiato paura terrorizzato arrabbiato furioso pianto piangere lacrime ridere
        risate divertente scioccante incredibile bellissimo meraviglioso orribile terribile dolore orgoglioso
        orgoglio vergogna emozionato felice triste solo disperato speranza gioia disastro incubo sogno pazzo follia
        geniale stupido coraggio morto morte fallimento fallito perso rotto salvato sopravvissuto rimpianto miracolo
        passione panico""",
    address="tu ti te tuo tua tuoi tue voi vi vostro vostra",
    reveals="""la verità,il segreto,segreto,errore,l'errore,lezione,e se,immagina,immaginate,il motivo,la ragione,
        ho imparato,ho scoperto,ho capito,la chiave,il trucco,la risposta,nessuno ti dice,mi ricordo,un giorno,
        la maggior parte,tutti pensano,il momento,per la prima volta,la domanda è,storia,sorpresa,consiglio,mai più""",
    markers="""adesso,ora,poi,primo,secondo,terzo,infine,per finire,passiamo,parliamo,un'altra cosa,il prossimo,
        a proposito,per cominciare,oggi,benvenuti""",
    endings="ecco perché,per questo,alla fine,in breve,in sintesi,in conclusione,da allora",
    numbers="""due tre quattro cinque sei sette otto nove dieci undici dodici venti trenta quaranta
        cinquanta sessanta settanta ottanta novanta cento mille mila milione milioni miliardo miliardi percento metà
        quarto dozzina doppio triplo""",
    wishes="""momenti momento parti parte clip spezzoni trova trovare mostra dammi su dove parla parlano parlare
        migliori interessanti argomento""",
    funny="divertente divertenti ridere risate battuta battute umorismo comico",
)
