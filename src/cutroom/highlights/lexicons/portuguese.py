"""Portuguese."""

from typing import Final

from cutroom.highlights.lexicons.lexicon import Lexicon, lexicon

PORTUGUESE: Final[Lexicon] = lexicon(
    stop="""a ainda ao aos aqui as até bem cada com como da das de dela dele deles depois do dos e é ela elas ele
        eles em então entre era eram essa esse esta está estão estar este eu faz fazer foi foram há isso isto já lá
        lhe mais mas me mesmo meu meus minha muito muitos na não nas nem no nos nós nossa nosso num numa o onde os
        ou para pela pelo pode por porque pra quando que quem se sem ser seu seus só sobre sua suas também te tem
        têm ter teve tinha todo todos tu tudo um uma umas uns vai vamos ver vez você vocês""",
    fillers="né,hã,tipo,então,sabe,quer dizer,digamos,bom",
    hanging="""e ou nem porque pois ele ela eles elas lhe lhes seu sua mas também então além depois porém embora
        senão cujo""",
    leaning="isso isto esse essa este esta aquilo aquele aquela assim então",
    freeing="é era foi que por como quando eu nós vocês hoje imagine imaginem o a um uma",
    asking="que quê como quando onde quem qual quais quanto quantos quanta quantas",
    inverting="você vocês sabe sabem pode podem quer querem acha acham é são há já conhece conhecem",
    subjects="que alguém você vocês tu isso",
    tags="né não sim certo ok verdade",
    extremes="""melhor melhores pior piores nunca jamais sempre ninguém nada todos tudo todas cada único única
        primeiro primeira último última impossível totalmente completamente absolutamente incrivelmente maior""",
    turns="""mas,porém,no entanto,na verdade,de fato,ao contrário,embora,em vez,de repente,o problema,apesar,
        até que,exceto,acontece que,falso,mito""",
    feelings="""amor amo amei amava odeio odiava medo apavorado raiva furioso chorei chorar lágrimas rir riso
        engraçado chocante incrível lindo maravilhoso horrível terrível dor orgulhoso orgulho vergonha animado feliz
        triste sozinho desesperado esperança alegria desastre pesadelo sonho louco loucura genial estúpido coragem
        morreu morte morto fracasso fracassei perdi perdido quebrado salvou sobreviveu arrependo milagre paixão
        pânico""",
    address="você vocês te ti teu tua seu sua seus suas",
    reveals="""a verdade,o segredo,segredo,erro,o erro,lição,e se,imagine,imaginem,a razão,o motivo,aprendi,
        aprendemos,descobri,percebi,a chave,o truque,a resposta,ninguém te conta,lembro,um dia,a maioria,
        todo mundo pensa,o momento,pela primeira vez,a pergunta é,história,surpresa,conselho,nunca mais,
        nunca vou esquecer""",
    markers="""agora,depois,primeiro,segundo,terceiro,finalmente,por fim,por último,vamos falar,outra coisa,
        o próximo,aliás,para começar,hoje,bem-vindos""",
    endings="por isso,no final,no fim,em resumo,em conclusão,desde então",
    numbers="""dois três quatro cinco seis sete oito nove dez onze doze vinte trinta quarenta cinquenta
        sessenta setenta oitenta noventa cem cento centenas mil milhares milhão milhões bilhão bilhões porcento
        metade quarto dúzia dobro triplo""",
    wishes="""momentos momento partes parte clipes clipe trechos trecho encontre encontrar mostre procure sobre onde
        fala falam falar melhores interessantes assunto tema""",
    funny="engraçado engraçados rir riso risada risadas piada piadas humor",
)
