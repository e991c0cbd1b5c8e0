import { list } from './list.ts'

/** Violence and self-harm by strength. A star stands for any ending. */
export const violence = {
  gore: list(`
    gore, gory, goriest, guro, dismember*, decapitat*, behead*, mutilat*, disembowel*, eviscerat*, entrails, severed head*, severed limb*, severed arm*, severed hand*, severed leg*, cut off head, chopped head, intestines, innards, viscera,
    guts spilling, guts hanging, guts everywhere, spilling guts, exposed organs, organs exposed, brains splattered, brain matter, brains spilling, skinned alive, flayed alive, flayed, torn apart, ripped apart, torn to pieces, hacked to pieces, blown to pieces, snuff film*, snuff video*,
    impaled body, impaled on, gouged eyes, eyes gouged, eyeballs ripped, skull crushed, crushed skull, blood soaked corpse, burning alive, burned alive, tortured to death, graphic violence, ultra violence, ultraviolence,
    descuartiz*, decapit*, mutilad*, visceras, tripas, cabeza cortada, desmembr*, destripad*, degollad*, cortarle la cabeza,
    demembr*, eventr*, tripes, tete coupee, egorg*, mutile*, boyaux,
    enthaupt*, verstummel*, zerstuckel*, eingeweide, gedarme, abgetrennt* kopf, abgetrennter kopf, ausgeweidet*, abgeschlachtet*, gekopft*, geköpft*,
    esquartej*, mutilad*, degolad*, estripad*, cabeca decepada, tripas,
    decapitat*, smembrat*, squartat*, sventrat*, budella, testa mozzata, mutilat*, sgozzat*,
    расчлен*, обезглавл*, отрубленн*, отрезанн* голов*, кишки, кишками, кишок, внутренности, изувеч*, изуродован* труп*, потрошен*, выпотрош*, гуро, кровавое месиво,
    グロ, 内臓, 斬首, 首を切, バラバラ死体, 切断死体, 拷問, 肢解, 斩首, 斬首, 砍头, 砍頭, 内脏, 開膛, 开膛, 血腥, 虐杀, 虐殺, 碎尸,
    cannibal*, eating human flesh, human flesh, eats human, eating a human, flesh torn, flesh ripped, ripping flesh, pile of corpses, piles of corpses, corpses piled, pile of bodies, pile of dead bodies, heap of corpses, heap of bodies, stack of corpses, mass grave full, bodies piled, organs spilling, spilled organs, human organs, organ harvest*, harvested organs, human roadkill, roadkill of a human, splatter film, splatterpunk, gorefest*, goreporn, vivisect*, lobotom* gore, autopsy photo*, crime scene photo*, human meat, human butcher*, butchered human, meat hook* through, blood orgy, skinned human, skinned person, skinned face, flaying, scalped, eye gouging, mangled body, mangled corpse*, maggots in, maggot infested corpse,
    brains on the, organs on the, organs on asphalt, guts on the, guts hanging out, skull crushed, head crushed, crushed head, crushed skulls
  `),
  injury: list(`
    tortur*, stabbed, stabbing, slashed throat, throat slit, slit throat, slitting, strangl*, bludgeon*, massacre*, slaughtered, butchered, execution, executed, executing, shot in the head, headshot wound, bullet wound*, open wound*, gaping wound*, brutally, brutal murder, murdered, murdering, murder victim*, being murdered, lynch*, hacked, chainsaw massacre, bone sticking out, bones sticking out, rotting corpse, maimed, disfigured, gouging, impale*, crucified alive, burnt body, charred body, charred bodies, car crash victim*, accident victim*, wound, wounds,
    apunal*, tortura*, asesinad*, ejecucion, masacre*, estrangul*, herida abierta, poignard*, assassin*, massacr*, plaie ouverte, erstochen*, ermordet*, gefoltert*, folter*, massaker*, offene wunde, esfaquead*, assassinad*, torturad*, accoltellat*, assassinat*, torturat*, massacro,
    пытк*, пытают, зарезан*, убийств*, убит*, резня, казнь, зверски, растерзан*, 刺杀, 虐待, 殺害, 殺人, 刺殺, 谋杀,
    gutted, gutting, hacked off, chopped up, shredded body, impaling, slaughtering, massacring, butchering people, beaten to death, beat to death, stoned to death, burned to death, bleeding to death, bleeds to death, bled out, gunned down, shot dead, shotgun blast, murder scene with, bashed, curb stomp*, firing squad, lynched, waterboard*, electrocut*, raw flesh, exposed bone*, exposed muscle, open fracture, gangrene, decompos*, decaying body
  `),
  dead: list(`
    corpse*, dead body, dead bodies, dead man, dead woman, cadaver*, carcass of a man, dead soldier*, mangled, human remains, body parts, body part, victim*,
    cadaver, cadaveres, muerto*, muerta*, cadavre*, mort, morte, morts, leiche*, toter, tote, leichnam*, cadaveri, corpo morto, труп*, мертв*, тело убит*, 死体, 屍体, 尸体, 屍體
  `),
  blood: list(`
    blood, bloody, bloodied, bleeding, bloodbath, blood soaked, bloodstained, blood splatter*, splattered, pool of blood, pools of blood, blood everywhere, blood spraying, blood gushing, dripping blood, covered in blood, drenched in blood,
    sangre, sangrient*, ensangrentad*, sang, sanglant*, ensanglant*, mare de sang, blut, blutig*, blutuberstromt*, blutend*, blutlache*, sangue, ensanguentad*, sanguinolent*, insanguinat*, sanguinant*, кров*, окровав*, 血まみれ, 血, 流血, 鲜血, 鮮血
  `),
  /** Heavy wording about blood counts twice. */
  muchBlood: list(`
    blood everywhere, blood spraying, blood gushing, pool of blood, pools of blood, covered in blood, drenched in blood, blood soaked, blood splatter*, lleno de sangre, cubierto de sangre, charco de sangre, mare de sang, couvert de sang, plein de sang, blut uberall, blutuberstromt*, blutlache*, voller blut, coberto de sangue, poca de sangue, pieno di sangue, coperto di sangue, в луже крови, весь в крови, залит* кровью, лужа крови, 血まみれ, 血の海, 满身是血, 血泊,
    blood running down, blood dripping, blood pouring, blood on the walls, blood all over, bathed in blood, swimming in blood, river of blood, rivers of blood, fountain of blood, blood fountain, spurting blood, blood spurting, gushing blood, gushes of blood, pools of gore, smeared with blood, smeared blood, blood bath, banado en sangre, sangre por todas partes, du sang partout, baigne de sang, blut spritzt, blutbad, in blut getrankt, sangue por toda parte, sangue ovunque, кровь повсюду, море крови, кровь на стенах, кровь хлещет, 血だらけ, 血しぶき, 鲜血淋漓, 到处是血
  `),
  /** Next to what is done to it. */
  bodyPart: list(`
    head, heads, limb, limbs, arm, arms, leg, legs, hand, hands, finger, fingers, torso, face, skull, brain, brains, eye, eyes, eyeball*, tongue, throat, organs, guts, stomach, belly, chest, abdomen, neck, ears, scalp,
    cabeza*, brazo*, pierna*, cerebro, tete, bras, jambe*, cerveau, ventre, kopf, arme, beine, bauch, schadel, gehirn, cabeca, bracos, pernas, testa, braccia, gambe, голов*, рук*, ног*, живот, мозг*
  `),
  destroyed: list(`
    blown off, blown apart, blown open, cut off, cutting off, hacked off, chopped off, chopping off, sawn off, sawed off, sawing off, torn off, ripped off, ripped out, ripped open, torn out, torn open, cut open, cutting open, sliced open, sliced off, slit open, severed, smashed in, bashed in, caved in, split open, splattered, blown out, spilling out, gouged out, plucked out,     cortad*, arrancad*, reventad*, abierto en canal, coupee*, arrache*, explose*, ouvert en deux, abgehackt*, abgeschnitten*, abgerissen*, aufgeschlitzt*, cortada*, arrancad*, mozzat*, strappat*, tagliat*, оторван*, отрезан*, отсечен*, вспорот*, разможж*, размозж*, вырван*
  `),
  fiction: list(`
    halloween, zombie*, costume*, makeup, prosthetic*, prop, props, cartoon*, ketchup, chibi, lego, plush*, video game, board game, haunted house
  `),
  selfInjury: list(`
    self harm*, selfharm*, self injur*, self mutilat*, cutting myself, cutting herself, cutting himself, cutting themselves, cutting her wrist*, cutting his wrist*, cutting my wrist*, cutting their wrist*, cuts her wrist*, cuts his wrist*, cut her wrist*, cut his wrist*, cut wrists, cut my wrist*, slit wrists, slit her wrist*, slit his wrist*, slits her wrist*, slits his wrist*, slit my wrist*, slitting her wrist*, slitting his wrist*, slashed wrists, slashing her wrist*, slashing his wrist*, wrist cutting, bleeding wrists,
    hang myself, hang herself, hang himself, hangs herself, hangs himself, hanging herself, hanging himself, hanged himself, hanged herself, hanging from a noose, hung himself, hung herself, noose around his neck, noose around her neck,
    kill myself, kill herself, kill himself, kills herself, kills himself, killing herself, killing himself, killing myself, shooting himself, shooting herself, shoots himself, shoots herself, end my life, end her life, end his life, ending her life, ending his life, commit suicide, commits suicide, committing suicide, suicide method*, suicide instruction*, ways to die, how to die, painless suicide, ways to commit suicide, suicide by, jumping off a bridge to die, encourage suicide, suicide pact,
    pro ana, proana, pro mia, promia, thinspo*, thinspiration, bonespo, meanspo, anorexia goals, starve yourself,
    suicidarse, suicidandose, se suicida, cortarse las venas, cortandose las venas, cortandose las munecas, autolesion*, ahorcandose, ahorcarse, ahorcad*, quitarse la vida, matarse,
    se suicide, se suicider, se pendre, pendu, pendue, se taillader, s ouvrir les veines, scarification*, s ouvre les veines, automutilation*, mettre fin a ses jours,
    selbstmord begeh*, begeht selbstmord, erhangt sich, sich erhang*, sich umbringen, bringt sich um, ritzt sich, sich ritzen, ritzen, selbstverletz*, pulsadern, selbst verletz*,
    se matando, cometer suicidio, se enforcando, cortando os pulsos, automutila*, enforcad*, tirar a propria vida, suicidando*,
    suicidarsi, si suicida, impiccarsi, si impicca, tagliarsi le vene, si taglia le vene, autolesion*, togliersi la vita,
    режет вены, режу вены, резать вены, вскры* вены, порезанн* вены, повесил*, повеси*, вешается, самоповрежд*, селфхарм*, убить себя, покончи* с собой, селфхарм,
    リストカット, 自傷, 首吊り, 自殺する, 自殺方法, 手首を切, 割腕, 上吊, 自残, 自殘, 自杀方法, 自殺方法, 跳楼自杀,
    razor cuts, cuts on her arm*, cuts on his arm*, cuts on her wrist*, cuts on his wrist*, cuts on her thigh*, cuts on my arm*, cut marks on, fresh cuts on, scars from cutting, self inflicted, self inflict*, cutting her arm*, cutting his arm*, cutting my arm*, cutting her thigh*, cutting their arms, cutting his veins, cutting her veins, opening her veins, end it all, ending it all, ends it all, take her own life, take his own life, takes her own life, takes his own life, taking her own life, taking his own life, took her own life, took his own life, took my own life, body dangling, body hanging from, lifeless body hanging, hanging lifeless, hung from the ceiling, hangs from the ceiling fan, rope around her neck, rope around his neck, rope around my neck, swallowing pills to die, overdose on purpose, gun to his head, gun to her head, gun to my head, gun in his mouth, gun in her mouth, jumping to her death, jumping to his death, jumps to her death, jumps to his death, jumping in front of a train, wants to die, want to die, ready to die by, starving herself, starving himself, starving myself, bulimi* tips, anorexi* tips, purging tips, hurting herself, hurting himself, harming herself, harming himself, burning herself, burning himself with,
    hacerse dano, se corta las venas, se corta los brazos, cortarse los brazos, soga al cuello, tirarse por la ventana, se pend, se trancher les veines, s ouvre les veines, corde au cou, se tailler les veines, se couper les veines, strick um den hals, schneidet sich, sich die pulsadern, erhangt*, corda no pescoco, se cortando, corta os pulsos, corda al collo, si taglia, петля на шее, петлей на шее, вены режет, порез* на руках, порезы на запястьях, порезы на руке, сводит счеты, свести счеты, 首をつ, 飛び降り自殺, 跳楼, 割手腕, 烧炭自杀
  `),
  suicide: list(`
    suicide, suicidal, suicides, noose, wrists bleeding, overdose, suicidio*, selbstmord*, suizid*, suicida, suicidas, самоубий*, суицид*, петл*, 自殺, 自杀, 자살
  `),
  selfHarmDetail: list(`
    method*, realistic, photo, bleeding, wrist*, veins, rope, noose, razor*, pills, blade, bridge, chart, instruction*, glorif*, beautiful, romantic*, aesthetic, girl, boy, teen*, woman, man, scene, вены, девушк*, веревк*, таблет*, бритв*, петл*, chica*, fille, madchen, cuerda, corde, seil, 方法
  `),
  help: list(`
    prevention, awareness, hotline, helpline, help line, support group, recovery, support, therap*, counsel*, memorial, survivor*, charity, campaign, prevent, against, help, psa, treatment, healing,
    prevencion, prevention, pravention, ayuda, aide, hilfe, prevencao, prevenzione, aiuto, ajuda, помощь, профилактик*, 予防, 预防, 預防, 相談
  `),
}
