"""Spanish."""

from typing import Final

from cutroom.highlights.lexicons.lexicon import Lexicon, lexicon

SPANISH: Final[Lexicon] = lexicon(
    stop="""a al algo algunos ante antes aquí así aunque bien bueno cada como con contra cosa cosas cual cuando de
        del desde donde durante e el ella ellas ellos en entonces entre era eran es esa ese eso esta está están
        estar este esto estos fue fueron ha había hace hacer hacia han hasta hay he la las le les lo los más me mi
        mis mismo mucho muchos muy nada ni no nos nosotros o os otra otro para pero poco por porque pues que quien
        se sea ser si sí sin sobre solo son su sus también tan tanto te tener tengo tiene tienen todo todos tu tus
        un una uno unos va vamos ver vez y ya yo""",
    fillers="eh,este,pues,o sea,digamos,bueno,mira,sabes,como que",
    hanging="""y e o u ni porque pues él ella ellos ellas le les lo sus pero también entonces además luego aunque
        sino sin-embargo quien cual cuyo""",
    leaning="eso esto esa ese esta este aquello así ello",
    freeing="es era fue que qué por cómo cuando yo nosotros ustedes hoy imagina imaginen el la los las un una",
    asking="qué por-qué cómo cuándo dónde quién quiénes cuál cuáles cuánto cuántos cuánta cuántas",
    inverting="sabes saben sabías has han puedes pueden quieres quieren crees creen es son hay recuerdas conoces",
    subjects="tú usted ustedes que qué alguien",
    tags="no verdad sí vale cierto eh",
    extremes="""mejor mejores peor peores nunca jamás siempre nadie nada todos todo todas cada único única primero
        primera primer último última imposible totalmente completamente absolutamente increíblemente mayor""",
    turns="""pero,sin embargo,en realidad,de hecho,al contrario,aunque,sino,en cambio,de repente,el problema,
        a pesar,hasta que,excepto,resulta que,falso,mito,en lugar""",
    feelings="""amor amo amé amaba encanta odio odiaba miedo aterrado enojado furioso lloré llorar lágrimas reír
        risa gracioso divertido impactante increíble hermoso maravilloso horrible terrible dolor orgulloso orgullo
        vergüenza emocionado feliz triste solo desesperado esperanza alegría desastre pesadilla sueño loco locura
        genial estúpido valiente murió muerte muerto fracaso fracasé perdí perdido roto salvó sobrevivió arrepiento
        milagro pasión pánico""",
    address="tú te ti tu tus usted ustedes vosotros vuestro vuestra",
    reveals="""la verdad,el secreto,secreto,error,el error,lección,qué pasaría si,imagina,imaginen,la razón,aprendí,
        aprendimos,descubrí,me di cuenta,la clave,el truco,la respuesta,nadie te dice,recuerdo,un día,la mayoría,
        todo el mundo piensa,resulta que,el momento,por primera vez,la pregunta es,historia,sorpresa,consejo,
        nunca más,nunca olvidaré""",
    markers="""ahora,luego,primero,segundo,tercero,finalmente,por último,pasemos,hablemos,otra cosa,lo siguiente,
        por cierto,para empezar,hoy,bienvenidos""",
    endings="por eso,al final,en fin,en resumen,en conclusión,desde entonces,y así,esa es",
    numbers="""dos tres cuatro cinco seis siete ocho nueve diez once doce veinte treinta cuarenta cincuenta
        sesenta setenta ochenta noventa cien ciento cientos mil miles millón millones porciento mitad cuarto docena
        doble triple""",
    wishes="""momentos momento partes parte clips clip fragmentos fragmento encuentra muestra dame busca sobre donde
        habla hablan hablar mejores interesantes tema temas""",
    funny="gracioso graciosos divertido divertidos risa risas reír chiste chistes humor",
)
