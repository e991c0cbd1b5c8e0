import { list } from './list.ts'

/** Words that name people. A star stands for any ending. */
export const people = {
  minor: list(`
    child, children, childlike, kid, kids, kiddie*, minor, minors, underage*, under age, preteen*, pre teen,
    teen, teens, teenage*, teeny, toddler*, infant, infants, baby, babies, newborn*, schoolgirl*, schoolboy*,
    school girl*, school boy*, little girl*, little boy*, young girl*, young boy*, kindergarten*, preschool*,
    middle school*, elementary school*, adolescent*, prepubescent*, pubescent*, juvenile*, loli, lolis,
    lolita*, lolicon*, shota, shotas, shotacon*, jailbait, girl child, boy child, tween, tweens,
    nino, ninos, nina, ninas, chiquill*, adolescente*, colegiala*, colegial, menor, menores, bebe, bebes, criatura*,
    enfant*, gamin*, fillette*, garconnet*, mineur*, ecoliere*, ecolier*, petite fille, petites filles, petit garcon,
    kind, kinder, kindes, kindern, kleinkind*, saugling*, schulerin*, schulmadchen*, minderjahrig*, jugendlich*,
    kleines madchen, maedchen, schuelerin*, kleiner junge, crianca*, menina*, menino*, infantil, bambin*, ragazzin*, minorenne*, neonat*,
    ребен*, дети, детей, детям, детск*, детк*, девочк*, мальчик*, школьни*, подрост*, несовершеннолетн*,
    малолет*, младен*, малыш*, лоли, лолита, лоликон*,
    子供, 子ども, こども, 幼女, 幼児, 少女, 少年, 女子高生, 女子中学生, 小学生, 中学生, 赤ちゃん, ロリ, ショタ, 未成年,
    儿童, 兒童, 孩子, 小孩, 女童, 男童, 幼童, 婴儿, 嬰兒, 萝莉, 蘿莉, 正太, 小学生, 初中生, 小女孩, 小男孩,
    high school*, highschool*, middle schooler*, grade school*, grader, graders, first grade*, second grade*, third grade*, fourth grade*, fifth grade*, sixth grade*, seventh grade*, eighth grade*, ninth grade*, girl scout*, boy scout*, little sister, little brother, little one, barely legal, not yet 18, under 18, underaged, youngster*, orphan*,
    hijita*, hijito*, alumna*, alumno*, secundaria, lyceen*, collegien*, petite soeur, grundschul*, teenager*, tochterchen, estudante do ensino, bebes, figlioletta, scolara*, liceale, школота, дочк*, ученица, ученицы, старшеклассни*, внучк*, 高校生, 女子校生, 女児, 高中生, 女学生, 幼儿, 어린이, 소녀, 아동
  `),
  person: list(`
    woman, women, man, men, girl, girls, boy, boys, lady, ladies, guy, guys, female*, male, males, wife, husband,
    girlfriend*, boyfriend*, couple*, actress*, actor*, model, models, celebrit*, person, people, body, bodies, she,
    he, her, him, neighbour*, neighbor*, teacher*, nurse*, secretary, waifu*, selfie*, influencer*, milf*,
    mujer*, hombre*, chica*, chico*, actriz, esposa, novia, novio, cuerpo*, senora*, senorita*, vecina*, muchacha*,
    femme*, homme*, fille*, garcon*, actrice*, corps, elle, copine*, dame*, voisine*, mannequin*,
    frau*, mann, manner, madchen*, junge*, korper*, dame, schauspieler*, freundin*, nachbarin*,
    mulher*, homem, homens, garota*, garoto*, moca, rapaz*, atriz*, namorada*, corpo*, vizinha*, esposa*,
    donna, donne, uomo, uomini, ragazz*, attric*, corpo, signora, fidanzat*, vicin*,
    женщин*, мужчин*, девушк*, девк*, парень, парн*, парни, актрис*, актер*, модел*, жена, жены, жену, тело, тела,
    соседк*, блондинк*, брюнетк*, певиц*, она
  `),
  /** Groups that hatred is aimed at. */
  group: list(`
    jew, jews, jewish, muslim*, islam*, arab*, african*, asian*, chinese, mexican*, latino*, hispanic*, indian*, roma, gypsies,
    gypsy, immigrant*, migrant*, refugee*, foreigner*, black people, blacks, white people, whites, gay, gays, lesbian*,
    homosexual*, trans, transgender*, queer*, lgbt*, christian*, hindu*, sikh*, disabled, women, brown people,
    judio*, judia*, musulman*, gitano*, inmigrante*, extranjero*, negros, homosexuales, juif*, juives, arabes, etranger*,
    immigre*, noirs, gitan*, juden, jude, judisch*, muslime, auslander*, auslaender*, turken, turke, fluchtling*, fluechtling*, schwarze, zigeuner*,
    schwule*, judeu*, muculman*, imigrante*, estrangeiro*, ebrei, ebreo, musulmani, immigrati, stranieri, zingari,
    евре*, мусульман*, мигрант*, чурк*, цыган*, негр, негры, негров, геи, геев, кавказц*, 犹太人, 穆斯林, 黑人, ユダヤ人, 外国人, 移民
  `),
}

const ageWords = [
  '',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
  'thirteen',
  'fourteen',
  'fifteen',
  'sixteen',
  'seventeen',
]

/** Ages below eighteen, as one or two words: `14yo`, `14 year old`, `14 лет`, `14歳`. */
export const youngAges: string[] = Array.from({ length: 17 }, (_, index) => index + 1).flatMap(
  (age) => [
    ...['yo', 'yr', 'yrs', 'jahrig*', '岁', '歳', '才'].map((unit) => `${age}${unit}`),
    ...['yo', 'y o', 'year old*', 'years old', 'yr old', 'yrs old'].map((unit) => `${age} ${unit}`),
    ...['anos', 'ans', 'anni', 'jahre', 'jahrig*', 'лет', 'год', 'года', 'летн*'].map(
      (unit) => `${age} ${unit}`,
    ),
    ...(ageWords[age] === undefined
      ? []
      : [`${ageWords[age]} year old*`, `${ageWords[age]} years old`]),
    `aged ${age}`,
    `age ${age}`,
  ],
)
