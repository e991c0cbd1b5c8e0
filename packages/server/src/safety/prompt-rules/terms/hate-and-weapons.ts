import { list } from './list.ts'

// Slurs are kept in ROT13, so that this file can be opened, searched and shown without them.
const slurs =
  'avttre, avttref, avttn, avttnf, xvxr, xvxrf, snttbg, snttbgf, puvax, puvaxf, jrgonpx*, genaavrf, fcvpf, entutrnq*, tbbxf'

function rot13(text: string): string {
  return text.replace(/[a-z]/g, (letter) =>
    String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97),
  )
}

export const hate = {
  hateful: [
    ...list(rot13(slurs)),
    ...list(`
      heil hitler, sieg heil, white power, white suprem*, white pride world, aryan race, aryan suprem*, master race propaganda, kkk rally, join the kkk, kkk hero*, gas the jews, race war now, 14 88, 1488, blood and soil, jews will not replace us,
      holocaust was a lie, holocaust never happened, holocaust hoax, hitler was right, hitler did nothing wrong, praise hitler, praising hitler, glorify hitler, glorifying hitler, glory to hitler, great replacement, ethnic cleansing is, subhuman race, untermensch*, inferior race*, racially inferior, race mixing is,
      greedy jew*, jews control*, jews rule, jewish control, jewish conspiracy, jewish world conspiracy, jewish greed, zionist conspiracy, zionist occupied, zog, jew puppet master, happy merchant, blood libel, hook nosed jew*, jew controlling, jews controlling, jews running the,
      monkey obama, white genocide, whites only, no blacks, no jews, no gays allowed, no muslims, blacks are, muslims out, jews out, gays out, immigrants out, foreigners out, kick out the foreigners, remove kebab, deus vult muslims, day of the rope, race traitor*, fourteen words, white race, pure race, purity of the race, racial purity, sonnenrad, black sun nazi, totenkopf,
      poder blanco, supremaci* blanca, raza inferior, raza superior, supremati* blanche, pouvoir blanc, race inferieure, juden raus, auslander raus, auslander vergasen, herrenrasse, minderwertige rasse*, supremaci* branca, raca inferior, supremazia bianca, razza inferiore, хайль гитлер, хайль*, зиг хайль, низшая раса, белая раса превыше, 劣等民族, 劣等人種
    `),
  ],
  /** Said of a group, there is no innocent reading. */
  dehumanising: list(`
    vermin, subhuman*, cockroach*, parasite*, scum, exterminat*, eradicat*, untermensch*, infest*, should die, must die, should be killed, should be shot, to be killed, hang them all, deport them all,
    alimanas, parasitos, cucarachas, escoria, exterminar*, vermine, parasites, cafards, racaille, exterminer, ungeziefer, parasiten, abschaum, ausrotten, vergas*, baratas, exterminio, parassiti, scarafaggi, feccia, sterminare,
    паразиты, тараканы, недочеловек*, истребить, уничтожить всех, 害虫, 寄生虫, 蟑螂, ゴキブリ, 滅ぼせ, 消灭,
    a disease, a cancer, a virus, a plague, send them back, send them all back, go back to your, back where they came from, back to their country, deport all, not human, not people, less than human, lesser race*, should burn, should hang, deserve to die, deserves to die, should not exist, must be stopped, must be removed, wipe them out, burn them, shoot them, drown them, gas them, put them in camps, in ovens, sub human*, animals not people, no son humanos, no son personas, que se larguen, deben morir, fuera de nuestro, nous envahissent, doivent mourir, pas des humains, mussen weg, mussen sterben, keine menschen, devem morrer, fora daqui, nao sao gente, devono morire, не люди, должны сдохнуть, должны умереть, убирайтесь, вон из, понаехал*, 滚出去, 出ていけ, 去死, 死ね
  `),
  /** Only as what a group is said to be: `… are rats`. */
  belittling: list(`
    rats, rat, plague, filth, filthy, disease, animals, savages, apes, ape, monkeys, inferior, dirty, garbage, trash, criminals, evil, pigs, dogs, ratas, basura, plaga, ratten, ratos, lixo, praga, ratti, ordures, крысы, грязн*, свиньи, животные
  `),
  copula: list('are, is, r, as, like, equals, son, sind, sont, sono, sao, это, est, es, ist'),
  callToKill: list(`
    kill all, kill the, kill every, death to, death to all, murder all, exterminate, gas the, hang all, shoot all, burn all, wipe out, get rid of all, bomb all, lynch the,
    muerte a, maten a, matar a todos, mort aux, tuez les, tuer tous les, tod allen, tod den, totet alle, tod dem, morte aos, matem os, morte a, morte agli, morte ai, uccidete, смерть, убей*, убить всех, бей, 杀光, 殺光, 皆殺し
  `),
  nazi: list(`
    nazi, nazis, hitler*, third reich, swastika*, gestapo, waffen ss, ku klux klan, kkk, neo nazi*, neonazi*, fascist*, skinhead*, esvastica*, croix gammee, hakenkreuz*, suastica, svastica, свастик*, нацист*, фашист*, гитлер*, 納粹, 纳粹, ナチス, ヒトラー,
    adolf, fuhrer, der fuhrer, ss officer, ss soldier, himmler, goebbels, goring, mein kampf, klansman, klansmen, klan
  `),
  praise: list(`
    glorif*, glorious, heroic, hero, heroes, praising, praise, proud, pride, celebrat*, admir*, recruit*, propaganda, join us, victory, superior, rise again, honoring, honouring, salute, saluting, rally banner, long live, viva, gloria, vive, gloire, sieg, ruhm, слава, 万岁, 万歳,
    saviour, savior, inspiring, inspirational, worship*, idol, our leader, beloved, respect for, was right, messiah, martyr*, god like, godlike, adoring, cheering crowd, thousands saluting, cool, badass, epic portrait of, salvador, sauveur, retter, salvatore, спаситель, вождь
  `),
  history: list(`
    museum*, memorial*, history, historical, documentary, textbook, education*, against, anti, resistance, victims, survivor*, liberation, war crimes, trial, nuremberg, hindu, hinduism, buddhist*, buddhism, jain*, temple, diwali, rangoli, ancient, defeat*, holocaust remembrance, remembrance, crossed out, protest against, no place for
  `),
}

export const weapons = {
  howTo: list(`
    how to make, how to build, how to construct, how to assemble, how to produce, how to create, how to convert, how to manufactur*, how to, instruction*, step by step, recipe*, tutorial*, diagram*, blueprint*, schematic*, infographic*, guide, guides, diy, manual, homemade, home made, improvised, building a, build a, make a, making a, make your own, making, producing, manufactur*, synthesi*, synthesis, assembl*, wiring, from household, household chemicals, at home, plans for, parts list, convert to full auto, 3d print*,
    como hacer, como fabricar, como construir, fabricar, instruccion*, paso a paso, receta, guia, casera, caseras, planos, comment fabriquer, comment faire, comment construire, fabriquer, etape par etape, mode d emploi, recette, plan de, tutoriel, anleitung*, bauanleitung*, bauplan*, wie man, wie baut man, selber bauen, selbst bauen, selbstgebaut*, herstell*, schritt fur schritt, rezept,
    como fazer, fazer uma, caseira, passo a passo, instrucoes, come fare, come costruire, come si costruisce, costruire, istruzion*, fatta in casa, passo dopo passo, как сделать, как собрать, как изготов*, изготовлен*, инструкц*, пошагов*, чертеж*, своими руками, рецепт, сделать, схема,
    作り方, 製造方法, 設計図, 手順, 自作, 制作方法, 制造方法, 如何制作, 如何制造, 怎么做, 怎么制作, 教程, 步骤, 图纸,
    teach me, show me how, explain how, cook up, cooking up, exploded view, cutaway, wired, assembled, conversion, converting, mixing, mix, ingredients, formula for, constructing, construct, crafting, craft your own, homebrew, set up a, labelled drawing, labeled drawing, worksheet, cheat sheet, poster explaining, comic explaining, for beginners, in your kitchen, in the kitchen, in your garage, in the garage, with parts from, from fertilizer,
    ensename, como se hace, como se fabrica, como preparar, ingredientes, apprends moi, comment on fait, comment preparer, ingredients, wie baue, baue ich, bauen, zutaten, mischen, selbermachen, me ensine, como se faz, como montar, ingredientes, come si fa, come preparare, ingredienti, научи, покажи как, как приготовить, как смастерить, ингредиент*, собрать, изготовить, 作る方法, レシピ, 作り方を, 配方, 自己做, 教我, 方法
  `),
  device: list(`
    bomb, bombs, pipebomb*, explosive, explosives, explosive device*, ied, ieds, molotov*, grenade*, landmine*, land mine*, detonator*, fertilizer bomb*, anfo, tatp, petn, rdx, nitroglycerin*, semtex, napalm, thermite, nerve gas, nerve agent*, sarin, vx gas, mustard gas, chlorine gas, poison gas, ricin, anthrax, chemical weapon*, biological weapon*, bioweapon*, nuclear weapon*, dirty bomb*, suicide vest*, suicide belt*, ghost gun*, untraceable gun*, printed gun*, printable gun*, homemade gun*, home made gun*, homemade firearm*, printed firearm*, silencer*, suppressor*, auto sear*, glock switch, machine gun conversion, zip gun*, untraceable firearm*, printed untraceable*, gunpowder, black powder bomb,
    bomba, bombas, explosivo*, dinamita casera, coctel molotov, granada*, gas nervioso, gas sarin, arma quimica, arma casera, bombe, explosif*, cocktail molotov, gaz sarin, gaz neurotoxique, ceinture explosive, arme chimique, bomben, sprengstoff*, sprengsatz*, rohrbombe*, handgranate*, nervengas*, giftgas*, sprengkorper, molotowcocktail*, explosivos, bomba caseira, esplosiv*, gas nervino, ordigno, бомб*, взрывчат*, взрывн* устройств*, граната, гранату, коктейль молотова, зарин*, самодельн* оружи*, глушител*, 爆弾, 爆発物, 手榴弾, 毒ガス, サリン, 炸弹, 炸彈, 炸药, 炸藥, 毒气, 自制枪, 火薬爆弾,
    improvised explosive*, car bomb*, letter bomb*, parcel bomb*, suitcase bomb*, time bomb*, pressure cooker bomb*, nailbomb*, bombmaking, bomb making, bomb vest*, explosive vest*, explosive belt*, blasting cap*, acetone peroxide, potassium chlorate mix, thermite grenade*, flash powder, black powder, nerve novichok, phosgene, cyanide gas, hydrogen cyanide, weaponized, weaponised, weapon of mass destruction, flamethrower*, incendiary device*, firebomb*, petrol bomb*, booby trapped, sword cane poison,
    poison, poisons
  `),
  firearm: list(`
    ar 15, ar15, ak 47, ak47, glock*, rifle*, pistol*, handgun*, firearm*, gun, guns, submachine gun*, lower receiver*, pistola*, rifle*, fusil*, arme a feu, pistolet*, gewehr*, schusswaffe*, waffe, arma de fogo, pistole, pistolen, fucile, arma, пистолет*, автомат*, винтовк*, оружи*, 銃, 拳銃, 枪, 槍
  `),
  /** Makes a firearm into something that nobody may trade. */
  conversion: list(`
    fully automatic, full auto, untraceable, undetectable, printable, 3d printed, 3d print*, 3d printable, homemade, home made, without serial*, no serial*, unregistered, ghost, from scratch, silenced, auto sear, casera, impresa en 3d, sans numero, imprimee en 3d, selbstgebaut*, aus dem 3d drucker, caseira, impressa em 3d, fatta in casa, stampata in 3d, самодельн*, на 3d принтере, 自作, 3d打印, 自制
  `),
  harmless: list(`
    toy, toys, lego*, paper, origami, cardboard, cake, cocktail recipe, museum*, history, historical, medieval, game, board game, video game, cartoon*, cosplay, foam, film prop, disposal, defus*, safety, rescue, calorimet*, detection, detector*, mocktail, drink, dessert, chocolate, bath, juguete*, spielzeug*, jouet*, giocattol*, игрушк*, おもちゃ, 玩具
  `),
}
