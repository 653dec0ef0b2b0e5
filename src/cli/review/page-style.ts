/** The look of the review's page. Colours that charts draw with are mapped to the page's where it is dark. */
export const PAGE_STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #57606a; --line: #d9dde2; --ground: #fff; --soft: #f4f6f8;
  --good: #00694c; --bad: #b3261e; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 64rem; color: var(--ink); background: var(--ground);
  font: 16px/1.5 "Source Sans 3", "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif; }
svg text { font-family: inherit; }
h1 { font-size: 1.35rem; line-height: 1.35; font-weight: 600; margin: .2rem 0 1.2rem; text-wrap: pretty; }
h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.kind { margin: 0; color: var(--quiet); }
h1 + .kind { margin: -.6rem 0 1.2rem; }
h1 span, li span, b span { white-space: nowrap; }
ul { margin: .5rem 0; padding-left: 1.2rem; }
li { margin: .25rem 0; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.screen { width: 100%; }
.screen th, .screen td { padding: .2rem .6rem; text-align: right; vertical-align: top; }
.screen th[scope=row], .group th { text-align: left; font-weight: 400; }
.screen thead th { font-weight: 600; border-bottom: 2px solid var(--ink); vertical-align: bottom; }
.screen thead td { border-bottom: 2px solid var(--ink); }
.screen tbody tr:not(.group) { border-bottom: 1px solid var(--line); }
.screen .group th { padding: .9rem 0 .2rem; color: var(--quiet); font-size: .9rem; }
.screen td { white-space: nowrap; }
.kept .mark { color: var(--good); }
.broken, .broken .mark { color: var(--bad); font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 27rem), 1fr)); gap: 2rem 1.5rem; margin-top: 2rem; }
figure { margin: 0; min-width: 0; }
figcaption { margin-bottom: .5rem; line-height: 1.35; }
figcaption small { color: var(--quiet); font-size: .85rem; }
figure svg { display: block; max-width: 100%; height: auto; overflow: visible; }
details { margin: .4rem 0; }
summary { cursor: pointer; color: var(--quiet); }
.behind { font-size: .85rem; margin-top: .4rem; }
.behind th, .behind td { padding: .1rem .6rem .1rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
.behind .number { text-align: right; white-space: nowrap; }
.behind th.number { white-space: normal; vertical-align: bottom; }
pre { overflow-x: auto; padding: .7rem .9rem; background: var(--soft); border-radius: 6px; font-size: 13px; line-height: 1.4; }
@media (max-width: 34rem) {
  body { font-size: 15px; }
  .screen th, .screen td { padding: .2rem .3rem; }
  .screen { font-size: .85rem; }
  h1 { font-size: 1.15rem; }
}
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9ed; --quiet: #a2abb5; --line: #363c44; --ground: #14171a; --soft: #1f2429; --good: #4cc38a; --bad: #ff8a80; }
  svg [fill="#1b1f24"] { fill: #e6e9ed; }
  svg [stroke="#1b1f24"] { stroke: #e6e9ed; }
  svg [fill="#57606a"] { fill: #a2abb5; }
  svg [stroke="#57606a"] { stroke: #a2abb5; }
  svg [stroke="#e3e6ea"] { stroke: #363c44; }
  svg [fill="#b3261e"] { fill: #ff8a80; }
  svg [stroke="#b3261e"] { stroke: #ff8a80; }
  svg [fill="#0072b2"] { fill: #3fa7e1; }
  svg [stroke="#0072b2"] { stroke: #3fa7e1; }
  svg [fill="#00694c"] { fill: #2f9e78; }
  svg [fill="#3c4148"] { fill: #5f6873; }
  svg [fill="#ece2b8"] { fill: #7d7448; }
  svg [stroke="#006d52"] { stroke: #3fbf95; }
}
@media print {
  @page { margin: 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .charts { display: block; columns: 2; column-gap: 1.2rem; }
  figure { margin-bottom: 1.2rem; }
  .screen tbody, li, tr, figure svg, figcaption { break-inside: avoid; }
  h2, figcaption, summary { break-after: avoid; }
  pre { white-space: pre-wrap; overflow-wrap: anywhere; }
  summary { list-style: none; }
  .scroll { overflow: visible; }
  .behind { font-size: 7pt; }
  .charts .behind td, .charts .behind th { padding-right: .35rem; }
}
`;

/** On paper all tables are open. */
export const PAGE_SCRIPT = `
addEventListener("beforeprint", () => { for (const one of document.querySelectorAll("details")) one.open = true; });
`;
