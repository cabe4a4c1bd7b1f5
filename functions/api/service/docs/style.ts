/** The page's whole style; allowed by its hash, as is nothing else. Colours reach 4.5:1 on their ground in both themes. */
export const style = `
:root { color-scheme: light dark; --ink: #1c1f23; --paper: #fdfdfc; --soft: #5b6068; --line: #d9dbd7; --panel: #f3f3f0; --link: #0b5cad; --old: #8a4b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e7e4; --paper: #16181b; --soft: #a2a8b0; --line: #34383e; --panel: #202328; --link: #7db8f5; --old: #e7a95b; } }
* { box-sizing: border-box; }
html { scroll-padding-top: 1rem; }
body { margin: 0; font: 1rem/1.6 system-ui, sans-serif; color: var(--ink); background: var(--paper); }
a { color: var(--link); }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -99rem; }
.skip:focus { left: 1rem; top: 1rem; background: var(--paper); padding: .5rem 1rem; }
header, main, nav { max-width: 62rem; margin: 0 auto; padding: 1rem 1.25rem; }
@media (min-width: 80rem) { body { display: grid; grid-template-columns: 18rem minmax(0, 62rem); justify-content: center; column-gap: 2rem; }
  header { grid-column: 2; } nav { grid-column: 1; grid-row: 1 / span 2; position: sticky; top: 0; max-height: 100vh; overflow: auto; margin: 0; } main { grid-column: 2; } }
h1 { margin: .5rem 0; } h2 { margin-top: 3rem; border-bottom: 1px solid var(--line); }
nav ul { list-style: none; margin: 0 0 1rem; padding: 0; } nav h2 { font-size: .95rem; margin: 1rem 0 .25rem; border: 0; } nav a { text-decoration: none; }
article { margin: 2rem 0 3rem; } article h3 { margin-bottom: .25rem; overflow-wrap: anywhere; }
.verb { display: inline-block; min-width: 4.2rem; font: 600 .8rem/1.6 ui-monospace, monospace; color: var(--soft); }
.old { color: var(--old); font-weight: 600; } .soft, small, caption { color: var(--soft); }
pre, code { font: .875rem/1.5 ui-monospace, SFMono-Regular, Menlo, monospace; }
pre { background: var(--panel); border: 1px solid var(--line); border-radius: .4rem; padding: .8rem 1rem; overflow: auto; }
.scroll { overflow-x: auto; } table { border-collapse: collapse; width: 100%; margin: .75rem 0; }
caption { text-align: left; font-size: .9rem; } th, td { text-align: left; vertical-align: top; padding: .35rem .75rem .35rem 0; border-bottom: 1px solid var(--line); } th[scope=row] { font-weight: 400; white-space: nowrap; } td { overflow-wrap: anywhere; }
`;
