// The words a prompt can set a scene with. English in full, and the commonest words of a few other
// languages; Chinese and Japanese are matched as parts, since they put no spaces between words.

export type Hour = 'dawn' | 'day' | 'dusk' | 'night'
export type Weather = 'clear' | 'rain' | 'snow' | 'fog' | 'storm'
export type Place =
  | 'hills'
  | 'meadow'
  | 'forest'
  | 'mountain'
  | 'desert'
  | 'winter'
  | 'sea'
  | 'beach'
  | 'lake'
  | 'city'
  | 'space'
  | 'underwater'
  | 'indoor'
  | 'abstract'

export const hourWords: Record<Hour, string> = {
  dawn: 'dawn sunrise morning daybreak alba amanecer aube matin morgen sonnenaufgang manhã утро рассвет 朝 夜明け 黎明 清晨 日出',
  night:
    'night midnight nighttime moon moonlit moonlight starry stars dark nocturnal neon noche nuit nacht noite notte aurora ночь 夜 月 星空',
  dusk: 'dusk sunset evening twilight sundown golden autumn fall atardecer crépuscule soir abend sonnenuntergang закат вечер 夕方 夕焼け 夕日 黄昏 日落',
  day: 'day noon midday daytime sunny sunshine sunlit daylight afternoon summer spring soleil sonnig mediodía jour tag день 昼 正午 白天',
}

export const weatherWords: Record<Exclude<Weather, 'clear'>, string> = {
  rain: 'rain raining rainy drizzle rainfall shower monsoon wet lluvia pluie regen chuva дождь 雨',
  snow: 'snow snowy snowing snowfall blizzard nieve neige schnee neve снег 雪',
  fog: 'fog foggy mist misty haze hazy smoke smoky niebla brume brouillard nebel туман 霧 雾',
  storm:
    'storm stormy thunder thunderstorm lightning tempest hurricane tormenta orage gewitter sturm гроза буря 嵐 雷 暴风雨',
}

export const placeWords: Record<Place, string> = {
  abstract:
    'abstract geometric pattern gradient minimal minimalist surreal texture абстракция 抽象',
  underwater:
    'underwater undersea reef coral seabed aquarium diving submarine submarino unterwasser 海底 水中 水下',
  space:
    'space galaxy cosmos cosmic universe nebula planet planets orbit interstellar asteroid lunar mars espacio espace weltraum космос 宇宙 太空 银河',
  beach:
    'beach shore coast seaside tropical sand playa plage strand praia spiaggia пляж 浜 ビーチ 海滩 沙滩',
  sea: 'sea ocean waves wave harbor harbour bay nautical mar océano mer océan meer море 海 大海 海洋',
  lake: 'lake river pond stream fjord lagoon creek waterfall lago lac see río fluss озеро река 湖 川 河',
  mountain:
    'mountain mountains alps alpine peak peaks cliff canyon valley montaña montagne berg berge gebirge горы гора 山 山脉',
  desert:
    'desert dune dunes sahara savanna savannah oasis desierto désert wüste deserto пустыня 砂漠 沙漠',
  forest:
    'forest woods woodland jungle rainforest tree trees pine pines grove bosque forêt wald floresta foresta лес 森 森林',
  city: 'city skyline downtown street streets urban town alley skyscraper skyscrapers tokyo york london paris rooftop traffic market ciudad ville stadt cidade città город 街 都市 城市 东京 東京',
  winter:
    'winter arctic ice icy glacier polar tundra frozen iceberg invierno hiver inverno зима 冬',
  meadow:
    'meadow field fields grass garden farm park prairie countryside pasture flowers wildflowers pradera prairie wiese поле 草原 野原 花园',
  indoor:
    'indoor indoors room kitchen bedroom studio interior table desk office cafe café café bar library shop shelf windowsill fireplace cozy cosy home inside cocina cuisine küche zimmer комната кухня 部屋 室内 厨房 房间',
  hills:
    'hill hills landscape countryside horizon nature landschaft paysage paisaje пейзаж 丘 風景 风景',
}

export const colorWords = new Map(
  Object.entries({
    red: '#e5383b',
    crimson: '#c1121f',
    orange: '#f77f00',
    yellow: '#ffd23f',
    gold: '#f2b705',
    golden: '#f2b705',
    green: '#2f9e44',
    emerald: '#0f9d6b',
    teal: '#12908e',
    turquoise: '#2ec4b6',
    cyan: '#22b8cf',
    blue: '#2b6fdb',
    navy: '#1d3b8b',
    purple: '#8338ec',
    violet: '#7a4fd0',
    pink: '#ff6fa5',
    magenta: '#e0218a',
    brown: '#8a5a33',
    white: '#ffffff',
    silver: '#c8ced6',
    grey: '#8d949c',
    gray: '#8d949c',
    black: '#22252b',
    rojo: '#e5383b',
    rouge: '#e5383b',
    rot: '#e5383b',
    rote: '#e5383b',
    roter: '#e5383b',
    azul: '#2b6fdb',
    bleu: '#2b6fdb',
    blau: '#2b6fdb',
    blaue: '#2b6fdb',
    verde: '#2f9e44',
    vert: '#2f9e44',
    grün: '#2f9e44',
  }),
)

/** Never a subject: they say how, not what, and most of them name a symbol among the emoji. */
export const quietWords = new Set(
  (
    'a an the and or of in on at to by for from with without over under into onto as is are it its be this that these those ' +
    'i me my you your he she his her we our they their one two three four five some many few very more most much little small big ' +
    'large huge tiny great giant old young new good best beautiful cute lovely nice pretty happy sad soft warm cool cold hot ' +
    'bright light lights lighting lit shadow shadows color colors colour colours colorful colourful style styled shot shots scene ' +
    'scenes view wide close closeup angle lens focus blur bokeh cinematic photo photograph photography photorealistic picture image ' +
    'video clip film movie frame frames camera portrait painting watercolor watercolour oil art artistic drawing drawn sketch ' +
    'illustration render rendered cartoon anime paper cut cutout craft poster detailed detail high quality hd 4k 8k realistic real ' +
    'hyper ultra epic dramatic moody vivid mood slow motion moving fast quick time lapse timelapse pan zoom tracking drone aerial ' +
    'background foreground sky skies cloud clouds cloudy sun sunlight water wind windy air weather season hour long short high low ' +
    'up down left right top bottom front back side next near far through across between around along behind above below against ' +
    'walking walks walk running runs run sitting sits sit standing stands stand looking looks look flying flies drifting drifts ' +
    'floating floats jumping jumps jump sleeping sleeps sleep playing plays play eating eats eat drinking drinks wearing holding ' +
    'holds riding rides swimming swims swim dancing dances sailing sails crossing glowing shining falling going coming making ' +
    'gently slowly quickly quietly peaceful calm quiet busy empty full open closed tall deep single double half test testing sandbox ' +
    'prompt caption wrap generate create make show give please want hello world no not only just like out off so then there here what who how ' +
    'thought thoughts lady hair smiling smile face thing things someone people abstract concept idea mr ms ok am pm go do can will has have had was were been el la los las un una de del en y con le les des du et dans sur der ' +
    'die das ein eine und im am mit auf den dem o os as um uma no na e com il lo gli di per в на и с'
  ).split(' '),
)

/** Common subjects in other languages, to the word the English index knows. */
export const foreignSubjects = new Map(
  Object.entries({
    zorro: 'fox',
    renard: 'fox',
    fuchs: 'fox',
    raposa: 'fox',
    volpe: 'fox',
    лиса: 'fox',
    狐: 'fox',
    キツネ: 'fox',
    狐狸: 'fox',
    gato: 'cat',
    chat: 'cat',
    katze: 'cat',
    gatto: 'cat',
    кот: 'cat',
    кошка: 'cat',
    猫: 'cat',
    ネコ: 'cat',
    perro: 'dog',
    chien: 'dog',
    hund: 'dog',
    cachorro: 'dog',
    cane: 'dog',
    собака: 'dog',
    犬: 'dog',
    狗: 'dog',
    caballo: 'horse',
    cheval: 'horse',
    pferd: 'horse',
    лошадь: 'horse',
    馬: 'horse',
    马: 'horse',
    pájaro: 'bird',
    oiseau: 'bird',
    vogel: 'bird',
    птица: 'bird',
    鳥: 'bird',
    鸟: 'bird',
    oso: 'bear',
    ours: 'bear',
    bär: 'bear',
    медведь: 'bear',
    熊: 'bear',
    pez: 'fish',
    poisson: 'fish',
    fisch: 'fish',
    рыба: 'fish',
    魚: 'fish',
    鱼: 'fish',
    barco: 'sailboat',
    bateau: 'sailboat',
    boot: 'sailboat',
    schiff: 'sailboat',
    корабль: 'ship',
    船: 'sailboat',
    casa: 'house',
    maison: 'house',
    haus: 'house',
    дом: 'house',
    家: 'house',
    coche: 'car',
    voiture: 'car',
    auto: 'car',
    машина: 'car',
    車: 'car',
    flor: 'tulip',
    fleur: 'tulip',
    blume: 'tulip',
    цветок: 'tulip',
    花: 'cherry blossom',
    桜: 'cherry blossom',
    龍: 'dragon',
    龙: 'dragon',
    dragón: 'dragon',
    дракон: 'dragon',
    ロボット: 'robot',
    机器人: 'robot',
    робот: 'robot',
    熊猫: 'panda',
    パンダ: 'panda',
    mariposa: 'butterfly',
    papillon: 'butterfly',
    schmetterling: 'butterfly',
  }),
)
