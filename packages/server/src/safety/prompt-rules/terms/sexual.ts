import { list } from './list.ts'

/** Sexual terms by strength. A star stands for any ending. */
export const sexual = {
  /** Refused wherever they stand. */
  explicit: list(`
    porn*, pr0n, nrop, edun, sedun, lewd*, hentai*, ecchi, nsfw, rule34, rule 34, onlyfans, milf*, bdsm, fetish porn, adult film*,
    adult video*, adult movie*, adult content, av actress, sex, sexual intercourse, sexual act*, sex tape*, sex toy*, sexting, hardcore sex,
    making love naked, intercourse scene, blowjob*, blow job*, handjob*, hand job*, footjob*, cumshot*, cum, cumming,
    creampie*, gangbang*, gang bang*, threesome*, orgy, orgies, orgasm*, masturbat*, fellatio*, cunnilingus, deepthroat*,
    doggystyle, doggy style, bukkake*, futanari*, ahegao*, dildo*, vibrator*, buttplug*, butt plug*, penis, penises, vagina, vaginas, vaginal, vulva, vulvas,
    clitoris*, labia, genital*, genitalia*, testicle*, scrotum*, erection*, pussy, pussies, titties, boobs, boobies,
    nipple*, areola*, cameltoe*, upskirt*, fuck*, dick pic*, bareback sex, erotic*, erotica, camgirl*, cam girl*,
    bestiality, zoophil*, incest*, rape, raped, raping, rapist*, molest*, sexual assault, full frontal, spread legs, legs spread,
    stripper*, striptease*, strip tease*, lapdance*, lap dance*, playboy style, penthouse style, sexually explicit, deepfake nude*, nudify*,
    porno*, follar, follando, follad*, coger desnud*, polla, pollas, cono abierto, tetas, culona*, mamada*, masturba*, orgia*, corrida facial, sexo, sexo oral,
    baise, baiser nue, baisee, sodomie, chatte mouillee, bite en erection, seins nus, fellation*, partouze*, branlette*, sexe explicite, sexe oral,
    ficken, fickt, gefickt, fick, muschi, titten, schwanz steif, wichsen*, geschlechtsverkehr, pornograf*, bumsen,
    foder, fodendo, buceta*, caralho duro, peitos nus, boquete*, punheta*, suruba*, transando,
    figa, cazzo duro, tette, pompino*, sborra*, orgia, sesso, sesso orale,
    порн*, секс, секса, сексом, хентай*, трахат*, трахае*, трахн*, ебля, ебет*, минет*, член, писька, писю, пизд*, сиськи, сиськ*, эротик*, эротич*,
    оргия, оргазм*, мастурб*, голые сиськи, изнасил*, бдсм, инцест*,
    セックス, エロ, ポルノ, ヘンタイ, 変態, おっぱい, まんこ, ちんこ, ちんぽ, フェラ, 性交, オナニー, 巨乳, 乳首, パイズリ, 強姦, レイプ, 淫,
    色情, 性爱, 性愛, 做爱, 做愛, 黄片, 情色, 阴道, 陰道, 阴茎, 陰莖, 口交, 自慰, 强奸, 強姦, 乳头, 乳頭, 成人片, 性交, 섹스, 포르노, 야동,
    private parts, genital area, adult entertainment, adult entertainer*, adult star*, adult actress*, adult model*, adult site*, escort service, call girl*, sex worker*, prostitut*, making love, make love, makes love, made love, having intercourse,
    in coitus, coitus, copulat*, fornicat*, oral sex, anal sex, anal, group sex, sex scene*, sex position*, kamasutra, kama sutra, swinger party, sugar baby nude*, jerking off, jack off, wank*, fingering herself, touching herself, pleasuring herself, pleasuring himself, pleasures herself, panty shot*, panchira, up her skirt, down her blouse, r34, r18, hardcore porn*, softcore*, smut, smutty, waifu nude*, lesbo porn, xrated, x rated, xxx rated,
    hacer el amor, haciendo el amor, hacen el amor, hicieron el amor, teniendo sexo, tener sexo, relaciones sexuales, desnudo frontal, pornograf*, faire l amour, faisant l amour, font l amour, rapport sexuel*, relation sexuelle*, en train de baiser, scene de sexe, liebe machen, sex haben, haben sex, beim sex, sexszene*, sexuell explizit*, geschlechtsteil*, fazendo amor, fazer amor, fazem amor, relacoes sexuais, cena de sexo, fare l amore, facendo l amore, fanno l amore, fare sesso, rapporto sessuale, scena di sesso,
    занима* любовью, занима* секс*, занял* секс*, половой акт, полового акта, половые органы, интим фото, проститут*, стриптиз*, голая грудь, голую грудь, голой грудью, セックスシーン, 性行為, 愛し合う裸, 性器, 风俗, 裸聊, 性行为, 性器官, 妓女, 裸照, 艳照, 섹스신
  `),
  /** Refused unless the surroundings say art, animals, colours and the like. */
  nudity: list(`
    nude, nudes, nudity, nudist*, naked*, unclothed, undress, undressed, undressing, undresses, disrobe*, disrobing, topless,
    in the buff, birthday suit, bare breast*, bare breasts, bare chested woman, bare bottom, bare butt, bare ass, bare buttocks, bare naked,
    wearing nothing, wears nothing, with nothing on, nothing on but, has nothing on, nothing but a smile, only a smile,
    without clothes, without clothing, without any clothes, without any clothing, without her clothes, without his clothes, no clothes, no clothing,
    zero clothing, not wearing anything, not wearing any clothes, not wearing clothes, wearing no clothes, no panties, without panties, no underwear,
    without underwear, no bra, without a bra, braless, clothes off, clothes removed, clothes are off, clothes come off,
    take off her clothes, takes off her clothes, taking off her clothes, taking off his clothes, take off his clothes, take off their clothes, taking off their clothes,
    takes off her dress, taking off her dress, taking off her top, take her clothes off, take his clothes off, remove her clothes, remove his clothes, remove the clothes, remove clothes,
    remove their clothes, removing her clothes, remove clothing, strip her, strips naked, stripped naked, stripping off, exposed breasts, breasts exposed, exposing her breasts,
    exposing herself, see through top, unclad, au naturel, in her natural state,
    desnud*, en cueros, encuerad*, sin ropa, en pelotas, sin nada puesto, topless, quitandose la ropa, quitarle la ropa, sin bragas,
    denude*, deshabill*, a poil, sans vetements, sans vetement, toute nue, tout nu, toutes nues, totalement nue, entierement nue, completement nue, completement nu, nudite, nues et,
    nackt, nackte, nackter, nacktes, nackten, nacktheit, nacktfoto*, nacktbild*, splitternackt*, unbekleidet*, ohne kleidung, ohne kleider, entkleid*, ausgezogen, oben ohne, hullenlos,
    pelada, pelado, peladas, pelados, nua, nuas, nudez, sem roupa, sem roupas, despida, despido, despidas, de topless, sem calcinha,
    nuda, svestit*, spogliat*, senza vestiti, senza abiti, nudita, spogliarell*,
    обнажен*, обнаж*, раздет*, раздева*, раздень*, разденьте, без одежды, нагишом, нагая, нагой, нагие, голышом, ню, топлес*, без трусов, без белья, без лифчика,
    裸体, 裸體, 裸, 全裸, 半裸, ヌード, 下着なし, 服を脱, 脱衣, 赤裸, 没穿衣服, 不穿衣服, 脱光, 露点, 露點, 裸露, 光着身子, 一丝不挂, 脱衣服, 알몸, 누드,
    nekkid, nekked, neked, nakey, nudie*, starkers, butt naked, buck naked, stark naked, nudegirl*, nudewoman*, nudewomen*, nudemodel*, in the nude, disrobed, strips off, stripped off, stripped down to nothing, sheds her clothes, shed her clothes, shedding her clothes, drops her robe, dropped her robe, dropping her robe, drops her towel, dropped her towel, robe falls off, robe slipping off, as god made her, as god made him, as god made them, bare bosom, bare boobs, bare backside, bare behind, bare skinned woman, bare buttock*, exposed bosom, exposed chest of a woman, exposed genitals, exposing himself, breasts out, breasts visible, visible breasts, uncovered breasts, no fabric, not a stitch, clothes free, clothing free, clothesless, garmentless, clothing optional, shirtless woman, shirtless girl, wearing only skin, only her skin, dressed in nothing, covered only by, covering nothing, wears only, nothing underneath, nothing under,
    como dios la trajo, como vino al mundo, ligera de ropa, semidesnud*, despelotad*, en tenue d eve, en tenue d adam, denudee, seins a l air, sans rien porter, sans habits, splitterfaser*, textilfrei*, barbusig*, hullenlose*, ohne alles an, nichts an, im evaskostum, im adamskostum, como veio ao mundo, peladinh*, seminua, seminu, in costume adamitico, come mamma l ha fatta, seminud*, a seno nudo, в чем мать родила, голенька*, полуобнаж*, полугол*, нагота, наготы, без ничего, すっぽんぽん, 一糸まとわ, ぬーど, 素っ裸, 素っ裸, 真っ裸, はだか, 光着, 光屁股, 赤身, 벌거벗
  `),
  /** Naked only next to a person: in these languages the word is also said of fields and walls. */
  bareWord: list(`
    bare, nu, nue, nus, nues, nudo, nudi, nude, nus, голая, голый, голые, голую, голой, голого, голых, голым, pelado, pelados
  `),
  /** Not refused alone; with a minor they are, and piled up they count. */
  suggestive: list(`
    sexy, sexier, sexi, sexual, sexually, sexualized, sexualised, seductive*, seducing, sensual*, sultry, lingerie, aroused, arousing, arousal, horny, slutty, slut, sluts, whore*, kinky, fetish*,
    busty, thong, panties, bedroom eyes, big breasts, huge breasts, large breasts, moaning, orgasmic, voluptuous, erotically, half naked, half nude, partially nude, scantily clad, barely clothed, barely dressed, skimpy,
    sensuel*, lasciv*, sexuel*, lenceria, verfuhrerisch*, geil, geile, gostosa*, seducente*, сексуальн*, сексуал*, соблазн*, развратн*, похотлив*, セクシー, エッチ, 性感, 诱惑, 섹시,
    undressing eyes, sexed up, hot hot babes, lustful*, nsfw ish, spicy content, revealing lingerie, transparent blouse, wet t shirt, crotchless, g string, garter belt
  `),
  /** Nearly enough alone. */
  hinting: list(
    'uncensored, steamy bedroom, steamy scene, steamy shower, adults only, adult only, 18 only, for adults, sin censura, sans censure, unzensiert, sem censura, senza censura, без цензуры, 無修正, 无码',
  ),
  /** Next to a garment: undressing somebody. */
  undressing: list(`
    remove, removes, removing, remove the, take off, takes off, taking off, took off, rip off, rips off, tear off, tears off, pull off, pulls off, pulling off, slip out of, slips out of, slipped out of, slipping out of, slides off, peel off, erase, delete, get rid of, edit out,
    quitar, quita, quitale, quitarle, enlever, enleve, retirer, retire, ausziehen, entferne, entfernen, tirar, tira, togli, togliere, убери, снять, сними, снимает
  `),
  garment: list(`
    bikini, bikinis, bra, panties, underwear, undies, swimsuit, swimwear, lingerie, robe, dress, her clothes, his clothes, their clothes, clothes, clothing, garments, skirt, blouse, pants, trousers,
    bikini, sujetador, bragas, ropa, vestido, culotte, soutien gorge, vetements, robe, unterwasche, kleidung, kleid, calcinha, sutia, roupa, vestido, mutande, reggiseno, vestiti, vestito, трусы, трусов, лифчик, лифчика, одежду, одежды, платье, купальник
  `),
  /** Birds as well. */
  birdWords: list('tits, cock, cocks'),
  /** Also a number and a size. */
  xxx: list(`
    xxx, xxxx, triple x
  `),
  /** Count only together with others. */
  mild: list(`
    bikini, underwear, provocative*, intimate, breasts, cleavage, on the bed, on a bed, in bed, pinup, pin up, hardcore, nipples visible, explicit, explicitly,
    culotte, en la cama, provocativ*, tanga, pechos, sur le lit, sur un lit, seins, coquine*, unterwasche, auf dem bett, bruste, calcinha, sutia, na cama, seios, intimo, sul letto, seno, seni, reggiseno,
    в белье, нижнее белье, на кровати, грудь, в постели, 下着, ビキニ, パンツ, 内衣, 比基尼, 床上,
    bosom, revealing, bedroom scene, crotch, thighs, curvy, underboob, sideboob, camisole, nightgown, negligee,
    naughty, babe, see through, see thru
  `),
}

/** Surroundings in which nudity is art, science, colour or a figure of speech. */
export const sexualContexts = {
  birds: list(`
    bird*, farm, farmyard, barn, hen, hens, chick, chicks, chicken*, rooster*, crow, crowing, crows, sunrise, fence, feeder*, branch*, nest, nests, sing, singing, perch*, ornitholog*, finch*, robin*, sparrow*, wren*, woodpecker*, forest, garden, seeds, feather*, species
  `),
  laundry: list(
    'stain*, wash*, laundry, iron*, wardrobe, closet, hanger*, product photo, mannequin, background, catalog*, e commerce, ghost mannequin, wrinkle*, logo*, watermark*, text',
  ),
  numbering: list(`
    size, sizes, large, small, medium, xl, xxl, cotton, shirt*, sock*, hoodie*, chart, model no, serial, part no, edition, volume, vol, chapter, roman, numeral*, anniversary, century, no, number, episode, season, championship, tournament, poster no, beer, tequila, stitch*, kisses, hugs, machine, industrial
  `),
  hairless: list(
    'hairless, sphynx, mole, molerat, skin folds, bald cat, snail*, slug*, landscape, mountain*, rock, rocks, desert, bulb*, lightbulb*, wall, walls, concrete, brick*, soil',
  ),
  art: list(`
    statue*, sculpture*, sculpted, sculptor*, marble, bronze, renaissance, baroque, rococo, michelangelo*, rubens, botticelli*, rodin, titian, caravaggio,
    raphael, venus, louvre, uffizi, museum*, museo*, figure drawing, figure study, figure studies, life drawing, gesture drawing, anatomy study, academic study, fresco*, classical painting,
    greek god*, statua*, estatua*, escultura*, skulptur*, escultor*, scultura*, museu, musee*, statuen, aktzeichn*, estudio de figura, статуя, статуи, скульптур*, мрамор*, музе*, картина ренессанса,
    彫刻, 彫像, 美術館, 雕像, 雕塑, 大理石, 博物馆
  `),
  medical: list(`
    anatomy, anatomical*, medical*, medicine, textbook*, diagram, surgery, surgical, surgeon*, gynecolog*, gynaecolog*, urolog*, reproductive, dermatolog*, mammogra*, cancer, cervical, x ray, mri, doctor*,
    hospital*, biology, biological, health class, health education, breastfe*, lactation, ultrasound, prosta*, patient, patients,
    anatomi*, medizin*, medic*, lehrbuch, schema, anatomique*, manuel scolaire, медицин*, анатом*, учебник*, 解剖, 医学, 醫學
  `),
  colour: list(`
    lipstick*, lip gloss, nail polish, manicure*, eyeshadow*, palette*, heels, pumps, shoe, shoes, sandal*, makeup, cosmetic*, foundation, blush, swatch*, tone, tones, shade, shades, colour, colours, color, colors, colored, coloured, hosiery, stilettos, beige, pantone,
    labios, pintalabios, esmalte*, tono, tonos, rouge a levres, vernis, lippenstift*, nagellack, batom, rossetto, помад*, лак для ногтей, 口红, 口紅, 指甲
  `),
  education: list(`
    education*, educational, class, classroom*, workshop, clinic*, counsel*, therap*, educacion, aufklarung*, unterricht
  `),
}
