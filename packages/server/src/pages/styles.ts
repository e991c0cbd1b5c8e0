/** The one stylesheet of all pages. It stands inside each page, so that a page is complete in one answer. */
export const stylesheet = `
:root{color-scheme:light dark;
--paper:#fbf9f5;--raised:#fff;--sunk:#f4f0e8;--ink:#1e1b17;--soft:#625b50;--line:#e5ded1;
--accent:#9c3f0c;--accent-soft:#fbeee3;--yes:#1b6b41;--yes-soft:#e6f3ea;--no:#a02622;--no-soft:#fbeae8;
--t-key:#7a3a10;--t-str:#256641;--t-num:#6a3d9a;--t-kw:#9c3f0c;--t-com:#6d675c;
--sans:ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans","Liberation Sans",Arial,sans-serif;
--mono:ui-monospace,"SF Mono",SFMono-Regular,Menlo,"Cascadia Mono",Consolas,"Liberation Mono",monospace}
@media(prefers-color-scheme:dark){:root{
--paper:#151310;--raised:#1d1a16;--sunk:#1f1c18;--ink:#ece6db;--soft:#aaa294;--line:#36312a;
--accent:#ffb066;--accent-soft:#33241a;--yes:#7fd3a0;--yes-soft:#182b20;--no:#ff9d94;--no-soft:#361c1a;
--t-key:#e9b98c;--t-str:#93cfa8;--t-num:#c9aef0;--t-kw:#ffb066;--t-com:#978f82}}
*,*::before,*::after{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%;scroll-padding-top:1.5rem}
body{margin:0;background:var(--paper);color:var(--ink);font:1.0625rem/1.6 var(--sans);-webkit-font-smoothing:antialiased;text-rendering:optimizeLegibility}
h1,h2,h3,p,dl,dd,ul,ol,figure,pre{margin:0;padding:0}
h1,h2,h3{line-height:1.2;letter-spacing:-.018em;font-weight:680;text-wrap:balance}
h1{font-size:clamp(2.1rem,1.5rem + 2.6vw,3.1rem);letter-spacing:-.032em;line-height:1.08}
h2{font-size:1.4rem}
h3{font-size:1.0625rem;letter-spacing:-.008em}
p,li,dd{text-wrap:pretty;overflow-wrap:break-word}
ul,ol{list-style:none}
a{color:var(--accent);text-decoration-thickness:1px;text-underline-offset:.2em}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:3px}
code{font-family:var(--mono);font-size:.875em;overflow-wrap:anywhere}
:not(pre)>code{background:var(--sunk);border-radius:.3em;padding:.1em .32em;-webkit-box-decoration-break:clone;box-decoration-break:clone}
.unbroken{white-space:nowrap}
h1 code,.id code,.prices code,.slug code,.bare code{background:none;padding:0}
.skip{position:absolute;left:-99rem}
.skip:focus{left:1rem;top:1rem;background:var(--raised);padding:.5rem 1rem;z-index:1}
.wrap{max-width:74rem;margin:0 auto;padding:0 clamp(1.15rem,4vw,2.5rem)}
.top{border-bottom:1px solid var(--line)}
.top .wrap{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.2rem 2rem;padding-top:.85rem;padding-bottom:.85rem}
.brand{display:inline-flex;align-items:center;gap:.6rem;color:var(--ink);text-decoration:none;font-weight:680;letter-spacing:-.02em;font-size:1.1rem}
.brand svg{width:1.65rem;height:1.65rem;color:var(--accent)}
.top nav ul{display:flex;flex-wrap:wrap;gap:.1rem 1.5rem}
.top nav a{display:inline-block;padding:.3rem 0;color:var(--soft);text-decoration:none;font-size:.96rem}
.top nav a:hover{color:var(--ink)}
.top nav a[aria-current]{color:var(--ink);box-shadow:inset 0 -2px var(--accent)}
main.wrap{padding-top:clamp(1.8rem,4vw,3.2rem);padding-bottom:4.5rem}
.foot{border-top:1px solid var(--line);color:var(--soft);font-size:.92rem}
.foot .wrap{display:flex;flex-wrap:wrap;gap:.3rem 2rem;justify-content:space-between;padding-top:1.4rem;padding-bottom:2.2rem}
.foot a{color:inherit}
.crumb{font-size:.92rem;color:var(--soft);margin-bottom:1rem}
.crumb a{color:inherit}
.lead{font-size:clamp(1.15rem,1.05rem + .5vw,1.35rem);line-height:1.5;color:var(--ink);max-width:40em;margin-top:1rem}
.soft{color:var(--soft)}
.small{font-size:.92rem}
.split{display:grid;grid-template-columns:minmax(0,1fr);gap:3rem}
.stack>*+*{margin-top:1rem}
section.part{margin-top:3.2rem;max-width:47rem}
section.part>*+*{margin-top:1rem}
section.part>h2+*{margin-top:.7rem}
.side h2{font-size:.82rem;font-weight:600;color:var(--soft);letter-spacing:.01em;margin-bottom:.5rem}
.side h2:not(:first-child),.side nav+nav{margin-top:1.7rem}
.side a{display:block;padding:.19rem 0;color:var(--soft);text-decoration:none;font-size:.94rem;line-height:1.4}
.side a:hover{color:var(--ink);text-decoration:underline}
.side a[aria-current]{color:var(--accent);font-weight:600}
.side code{font-size:.88em}
@media(min-width:64rem){
.split{grid-template-columns:minmax(0,1fr) 14.5rem;gap:5rem}
.split.left{grid-template-columns:13.5rem minmax(0,1fr);gap:4.5rem}
.side>div{position:sticky;top:1.5rem;max-height:calc(100vh - 3rem);overflow-y:auto;padding-bottom:1rem}}
.status{display:inline-block;font:600 .95rem/1 var(--mono);padding:.42em .6em;border-radius:.4em;background:var(--accent-soft);color:var(--accent);vertical-align:.1em}
.codeline{display:flex;flex-wrap:wrap;align-items:center;gap:.4rem .8rem;margin-bottom:.9rem;font-size:1.05rem}
.facts{display:grid;gap:1px;background:var(--line);border:1px solid var(--line);border-radius:.7rem;overflow:hidden;margin-top:2rem;max-width:47rem}
.facts>div{background:var(--raised);padding:.95rem 1.15rem 1.05rem}
.facts dt{font-size:.88rem;color:var(--soft)}
.facts dd{font-size:.97rem;line-height:1.5;margin-top:.1rem}
.facts .fix{background:var(--accent-soft)}
.facts .fix dd{font-size:1.06rem}
.facts strong{font-size:1.35rem;font-weight:680;letter-spacing:-.02em;display:block;line-height:1.3}
.yes{color:var(--yes)}.no{color:var(--no)}
@media(min-width:44rem){.facts{grid-template-columns:repeat(3,minmax(0,1fr))}.facts .fix{grid-column:1/-1}}
.code{border:1px solid var(--line);border-radius:.6rem;background:var(--raised);overflow:hidden}
.code+.code{margin-top:1rem}
.code figcaption{font-size:.86rem;color:var(--soft);padding:.5rem 1rem;border-bottom:1px solid var(--line);background:var(--sunk)}
.code pre{overflow-x:auto;padding:.9rem 1rem 1rem;font-size:.92rem;line-height:1.55;tab-size:2}
.code pre:focus-visible{outline-offset:-2px;border-radius:0 0 .6rem .6rem}
.code code{font-size:.92em;overflow-wrap:normal}
.wraps pre{white-space:pre-wrap;overflow-wrap:anywhere}
.t-key{color:var(--t-key)}.t-str{color:var(--t-str)}.t-num{color:var(--t-num)}.t-kw{color:var(--t-kw);font-weight:600}.t-com{color:var(--t-com)}
.reasons>div{padding:1.1rem 0 1.15rem;border-top:1px solid var(--line)}
.reasons>div:last-child{border-bottom:1px solid var(--line)}
.reasons>div:target{background:var(--accent-soft);box-shadow:-1rem 0 var(--accent-soft),1rem 0 var(--accent-soft)}
.reasons dt{font-weight:620;line-height:1.45}
.reasons dd{margin-top:.2rem}
.reasons .slug{font-size:.82rem;margin-top:.35rem}
.reasons .slug a{color:var(--soft);text-decoration:none}
.reasons .slug a:hover{text-decoration:underline}
.ops li{display:flex;flex-wrap:wrap;gap:.1rem .7rem;align-items:baseline;padding:.5rem 0;border-top:1px solid var(--line)}
.ops li:last-child{border-bottom:1px solid var(--line)}
.ops a{text-decoration:none;overflow-wrap:anywhere}
.ops a:hover{text-decoration:underline}
.method{font:600 .8rem/1 var(--mono);color:var(--soft);min-width:2.6rem;display:inline-block}
.pager{display:flex;flex-wrap:wrap;justify-content:space-between;gap:1rem;margin-top:3.5rem;max-width:47rem;font-size:.97rem}
.codes{border-top:1px solid var(--line);margin-top:2.4rem}
.codes li{border-bottom:1px solid var(--line)}
.codes a{display:grid;grid-template-columns:3.4rem minmax(0,1fr);gap:.15rem 1rem;padding:1.05rem .2rem;color:inherit;text-decoration:none;align-items:baseline}
.codes a:hover{background:var(--sunk)}
.codes a:hover .name{text-decoration:underline}
.codes .num{font:600 1rem/1.5 var(--mono);color:var(--accent)}
.codes .name{font:600 1rem/1.5 var(--mono);overflow-wrap:anywhere}
.codes .what,.codes .advice{grid-column:2}
.codes .advice{font-size:.92rem;color:var(--soft)}
.codes .advice strong{font-weight:640}
@media(min-width:60rem){.codes a{grid-template-columns:3.4rem 16rem minmax(0,1fr) 8.5rem;padding:1.05rem .6rem;margin:0 -.6rem}.codes .what,.codes .advice{grid-column:auto}}
.hero{display:grid;grid-template-columns:minmax(0,1fr);gap:2.5rem}
@media(min-width:64rem){.hero{grid-template-columns:minmax(0,10fr) minmax(0,11fr);gap:4rem;align-items:center}}
.doors{display:grid;gap:1rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,15.5rem),1fr));margin-top:1.1rem}
.doors a{display:block;border:1px solid var(--line);background:var(--raised);border-radius:.7rem;padding:1.05rem 1.2rem 1.15rem;color:inherit;text-decoration:none;height:100%}
.doors a:hover{border-color:var(--accent)}
.doors strong{display:block;color:var(--accent);font-weight:640}
.doors span{color:var(--soft);font-size:.95rem;line-height:1.5;display:block;margin-top:.15rem}
.block{margin-top:3.6rem}
.block>h2+p{margin-top:.5rem}
.block>h2+.ops{margin-top:1rem}
.block .codes{margin-top:1.3rem}
.code+p{margin-top:.8rem}
.strip{display:block;width:100%;height:6.4rem;margin-top:clamp(2.2rem,4vw,3.2rem);border-radius:.6rem}
@media(min-width:44rem){.strip{height:auto}}
@media(prefers-color-scheme:dark){.strip{outline:1px solid var(--line);outline-offset:-1px}}
.steps{counter-reset:step;margin-top:1.1rem}
.steps>li{counter-increment:step;padding-left:2.6rem;position:relative}
.steps>li+li{margin-top:1.5rem}
.steps>li::before{content:counter(step);position:absolute;left:0;top:.05rem;width:1.65rem;height:1.65rem;border-radius:50%;background:var(--accent-soft);color:var(--accent);font:600 .88rem/1.65rem var(--sans);text-align:center}
.steps .code{margin-top:.6rem}
.models{display:grid;gap:1.25rem;margin-top:2.4rem;grid-template-columns:repeat(auto-fit,minmax(min(100%,30rem),1fr))}
.model{border:1px solid var(--line);border-radius:.8rem;background:var(--raised);padding:1.4rem clamp(1.1rem,3vw,1.6rem) 1.5rem;min-width:0}
.model header{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.2rem 1rem;align-items:baseline}
.model h2,.model h3{overflow-wrap:anywhere}
.model .id{margin-top:.25rem;font-size:.95rem}
.spec{margin-top:1.1rem}
.spec>div{display:grid;grid-template-columns:minmax(0,1fr);padding:.55rem 0;border-top:1px solid var(--line)}
.spec dt{color:var(--soft);font-size:.92rem}
@media(min-width:34rem){.spec>div{grid-template-columns:9rem minmax(0,1fr);gap:1rem}}
.chips{display:flex;flex-wrap:wrap;gap:.3rem .4rem}
.chips code{background:var(--sunk);padding:.14em .5em;border-radius:.35em;overflow-wrap:anywhere}
.chips .default::after{content:" default";font-family:var(--sans);font-size:.88em;color:var(--soft)}
.prices{border-collapse:collapse;font-variant-numeric:tabular-nums}
.prices th,.prices td{text-align:left;font-weight:400;padding:.05rem 1.4rem .05rem 0;vertical-align:baseline}
.op{border-top:1px solid var(--line);padding-top:2.2rem;margin-top:2.8rem}
.op h3{font-size:1.2rem}
.op .route{display:flex;flex-wrap:wrap;gap:.15rem .7rem;align-items:baseline;margin-top:.45rem;font:500 1rem/1.5 var(--mono);overflow-wrap:anywhere}
.op .route .method{color:var(--accent);font-size:.92rem;min-width:0}
.op .about{margin-top:.7rem;max-width:44rem}
.op h4{font-size:.92rem;font-weight:600;margin:1.7rem 0 .45rem;color:var(--soft);letter-spacing:0}
.group{margin-top:4rem}
.group>h2{font-size:1.75rem}
.group>p{color:var(--soft);margin-top:.3rem}
.group .op:first-of-type{margin-top:1.4rem}
.fields>div{padding:.6rem 0 .65rem;border-top:1px solid var(--line)}
.fields>div:last-child{border-bottom:1px solid var(--line)}
.fields dt{display:flex;flex-wrap:wrap;gap:0 .65rem;align-items:baseline}
.fields dt code{background:none;padding:0;font-weight:600;font-size:.93rem}
.fields .type{color:var(--soft);font-size:.9rem}
.fields .required{color:var(--accent);font-size:.86rem}
.fields dd{color:var(--ink);font-size:.96rem;line-height:1.5}
.fields dd+dd{color:var(--soft);font-size:.9rem}
.fields .deep{padding-left:1.3rem}
.fields .deeper{padding-left:2.6rem}
details>summary{cursor:pointer;padding:.55rem 0;font-size:.97rem}
.onlynarrow>summary{font-weight:600}
details>summary::marker{color:var(--soft)}
details.answer{border-top:1px solid var(--line)}
details.answer:last-of-type{border-bottom:1px solid var(--line)}
details.answer>summary .status{font-size:.82rem;margin-right:.35rem}
details.answer[open]{padding-bottom:1.2rem}
details.answer>*+.fields,details.answer>*+p{margin-top:.9rem}
.code+details.answer{margin-top:1.2rem}
.errlist{display:flex;flex-wrap:wrap;gap:.4rem .5rem}
.errlist a{display:inline-flex;gap:.5em;border:1px solid var(--line);border-radius:.45em;padding:.22em .6em;font:500 .86rem/1.5 var(--mono);text-decoration:none;color:var(--ink);background:var(--raised)}
.errlist a span{color:var(--accent)}
.errlist a:hover{border-color:var(--accent)}
.onlynarrow{margin-top:1.8rem;border:1px solid var(--line);border-radius:.7rem;padding:.2rem 1.1rem;background:var(--raised)}
.onlynarrow[open]{padding-bottom:.9rem}
.onlywide{display:none}
@media(min-width:64rem){.onlynarrow{display:none}.onlywide{display:block}}
@media print{:root{--paper:#fff;--raised:#fff;--sunk:#fff;--ink:#000;--soft:#444;--line:#bbb;--accent:#000;--accent-soft:#fff;--yes:#000;--no:#000;--t-key:#000;--t-str:#000;--t-num:#000;--t-kw:#000;--t-com:#444}
body{font-size:10.5pt}.top nav,.side,.pager,.onlynarrow,.skip{display:none}.split,.split.left{display:block}
.code pre{white-space:pre-wrap;overflow-wrap:anywhere}.code,.model,.reasons>div,.facts{break-inside:avoid}h2,h3{break-after:avoid}}
`
