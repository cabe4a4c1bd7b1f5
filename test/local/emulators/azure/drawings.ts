import sharp from 'sharp';

/** Drawn by hand for these tests, 800 × 600: nothing here comes from anywhere else. */
const DRAWINGS = {
  stopSign: `${sky()}<rect y="450" width="800" height="150" fill="#6a8a4a"/><rect x="392" y="300" width="16" height="300" fill="#888"/>
    <polygon points="344,130 456,130 535,209 535,321 456,400 344,400 265,321 265,209" fill="#c01020" stroke="#fff" stroke-width="9"/>
    <text x="400" y="300" font-family="sans-serif" font-weight="bold" font-size="100" fill="#fff" text-anchor="middle">STOP</text>`,
  clock: `<rect width="800" height="600" fill="#d8c8a8"/><circle cx="400" cy="300" r="200" fill="#222"/><circle cx="400" cy="300" r="180" fill="#fff"/>
    ${Array.from({ length: 12 }, (_, hour) => `<rect x="395" y="130" width="10" height="30" fill="#222" transform="rotate(${hour * 30} 400 300)"/>`).join('')}
    <rect x="394" y="180" width="12" height="125" fill="#111"/><rect x="394" y="295" width="100" height="12" fill="#111"/>`,
  oranges: `<defs><radialGradient id="g" cx=".35" cy=".3"><stop offset="0" stop-color="#ffc060"/><stop offset="1" stop-color="#d86a00"/></radialGradient></defs>
    <rect width="800" height="600" fill="#e8e0d0"/><circle cx="300" cy="330" r="150" fill="url(#g)"/><circle cx="540" cy="360" r="140" fill="url(#g)"/>`,
  meadow: `${sky()}<rect y="330" width="800" height="270" fill="#4c9a3a"/>`,
  beach: `${sky()}<rect y="250" width="800" height="150" fill="#2a7ab0"/><rect y="400" width="800" height="200" fill="#e8d2a0"/>`,
  snow: `${sky()}<polygon points="100,420 330,200 560,420" fill="#9aa6b8"/><rect y="380" width="800" height="220" fill="#f0f4fa"/>`,
  sunset: `<defs><linearGradient id="s" x2="0" y2="1"><stop offset="0" stop-color="#7a2a70"/><stop offset="1" stop-color="#f89040"/></linearGradient></defs>
    <rect width="800" height="600" fill="url(#s)"/><rect y="380" width="800" height="220" fill="#241020"/>`,
  night: `<rect width="800" height="600" fill="#05060a"/><circle cx="600" cy="150" r="50" fill="#eee8c0"/>`,
} as const;

export type Drawing = keyof typeof DRAWINGS;

/** The drawing as the pipeline would send it: WebP, 800 px. */
export function draw(drawing: Drawing): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="800" height="600">${DRAWINGS[drawing]}</svg>`;
  return sharp(Buffer.from(svg)).webp().toBuffer();
}

function sky(): string {
  return '<rect width="800" height="600" fill="#7fb0e0"/>';
}
