import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { seededRandom } from '../../shared/domain/clustering/random.ts';

/**
 * The pictures of the built-in demo: drawn here, so that it needs nothing else. Six themes, each at a place and on a date of
 * its own, four pictures a theme. The same pictures at every run.
 */

const WIDTH = 1200;
const HEIGHT = 800;
const PER_THEME = 4;

type Draw = (random: () => number) => string;

interface Theme {
  name: string;
  /** Degrees north and east. */
  place: { lat: number; lon: number };
  /** Local time of the first picture; the others follow an hour apart. */
  taken: string;
  draw: Draw;
}

const gradient = (id: string, stops: readonly string[]) =>
  `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1">${stops
    .map((colour, index) => `<stop offset="${index / (stops.length - 1)}" stop-color="${colour}"/>`)
    .join('')}</linearGradient>`;
const rect = (x: number, y: number, width: number, height: number, fill: string) =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;
const circle = (x: number, y: number, radius: number, fill: string, opacity = 1) =>
  `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}" opacity="${opacity}"/>`;
const polygon = (points: readonly (readonly [number, number])[], fill: string) =>
  `<polygon points="${points.map((point) => point.join(',')).join(' ')}" fill="${fill}"/>`;
const times = (count: number, draw: (index: number) => string) =>
  Array.from({ length: count }, (_, i) => draw(i)).join('');

/** A ridge of hills from the left edge to the right, filled down to the bottom. */
function ridge(random: () => number, base: number, height: number, fill: string, peaks = 7): string {
  const points = Array.from({ length: peaks + 1 }, (_, index): [number, number] => [
    (index * WIDTH) / peaks,
    base - (index % 2 === 0 ? 0.2 : 1) * height * (0.6 + 0.4 * random()),
  ]);
  return polygon([[0, HEIGHT], ...points, [WIDTH, HEIGHT]], fill);
}

const beach: Draw = (random) => {
  const horizon = 330 + 60 * random();
  return `<defs>${gradient('sky', ['#4aa3e8', '#bfe3f8'])}${gradient('sea', ['#1f7fbf', '#58c0cf'])}</defs>
    ${rect(0, 0, WIDTH, horizon, 'url(#sky)')}${circle(200 + 800 * random(), 110, 60, '#fff3b0')}
    ${rect(0, horizon, WIDTH, 220, 'url(#sea)')}${rect(0, horizon + 200, WIDTH, HEIGHT, '#e8cf96')}
    ${times(5, () => circle(WIDTH * random(), horizon + 260 + 240 * random(), 18 + 14 * random(), '#d9b870'))}
    ${polygon(
      [
        [560, horizon + 40],
        [640, horizon + 40],
        [600, horizon - 110 * random() - 40],
      ],
      '#ffffff',
    )}`;
};

const forest: Draw = (random) => `<defs>${gradient('sky', ['#cfe8cf', '#8fbf7f'])}</defs>
  ${rect(0, 0, WIDTH, HEIGHT, 'url(#sky)')}${rect(0, 600, WIDTH, 200, '#2f5d2a')}
  ${times(16, () => {
    const x = WIDTH * random();
    const base = 560 + 180 * random();
    const tall = 240 + 200 * random();
    const green = ['#1f6b2a', '#2c7d33', '#3b8f3d', '#175a22'][Math.floor(4 * random())] as string;
    return (
      rect(x - 9, base - 20, 18, 70, '#5a3d22') +
      polygon(
        [
          [x - 90, base],
          [x + 90, base],
          [x, base - tall],
        ],
        green,
      )
    );
  })}`;

const sunset: Draw = (random) => `<defs>${gradient('sky', ['#3b1f5b', '#c2415a', '#f58a3c', '#ffd36b'])}</defs>
  ${rect(0, 0, WIDTH, HEIGHT, 'url(#sky)')}${circle(300 + 600 * random(), 500, 90, '#ffe9a8')}
  ${ridge(random, 640, 140, '#4a1f3d')}${ridge(random, 720, 90, '#260f26', 9)}`;

const nightCity: Draw = (random) => `<defs>${gradient('sky', ['#05070f', '#131b36'])}</defs>
  ${rect(0, 0, WIDTH, HEIGHT, 'url(#sky)')}${times(70, () => circle(WIDTH * random(), 320 * random(), 1.6, '#ffffff', 0.8))}
  ${times(13, (index) => {
    const x = index * 95 - 10;
    const tall = 260 + 320 * random();
    const windows = times(22, () =>
      rect(x + 10 + 62 * random(), HEIGHT - tall + 16 + (tall - 60) * random(), 10, 14, '#f7d774'),
    );
    return rect(x, HEIGHT - tall, 88, tall, '#1b2235') + windows;
  })}`;

const snow: Draw = (random) => `<defs>${gradient('sky', ['#9cc4e8', '#e6f0f8'])}</defs>
  ${rect(0, 0, WIDTH, HEIGHT, 'url(#sky)')}${ridge(random, 560, 380, '#8fa3b8', 5)}${ridge(random, 620, 240, '#dfe9f2')}
  ${rect(0, 620, WIDTH, 180, '#fbfdff')}${times(90, () => circle(WIDTH * random(), HEIGHT * random(), 3 + 4 * random(), '#ffffff'))}`;

const market: Draw = (random) => `${rect(0, 0, WIDTH, HEIGHT, '#7a5230')}
  ${times(6, (row) =>
    times(9, (column) => {
      const fruit = ['#d6331f', '#e8761b', '#f2c21a', '#8fb52a', '#b3202c'][Math.floor(5 * random())] as string;
      return circle(90 + column * 130 + 20 * random(), 80 + row * 130 + 20 * random(), 56, fruit);
    }),
  )}`;

const THEMES: readonly Theme[] = [
  { name: 'beach', place: { lat: 38.6979, lon: -9.4207 }, taken: '2024-07-14T11:00:00', draw: beach },
  { name: 'forest', place: { lat: 48.5, lon: 8.2 }, taken: '2024-05-03T09:30:00', draw: forest },
  { name: 'sunset', place: { lat: 36.4618, lon: 25.3753 }, taken: '2023-09-21T18:10:00', draw: sunset },
  { name: 'city-at-night', place: { lat: 35.6595, lon: 139.7005 }, taken: '2024-11-02T20:15:00', draw: nightCity },
  { name: 'snow', place: { lat: 46.0207, lon: 7.7491 }, taken: '2024-02-10T12:40:00', draw: snow },
  { name: 'market', place: { lat: 41.3818, lon: 2.1715 }, taken: '2024-06-08T10:05:00', draw: market },
];

/** Degrees as EXIF has them: degrees, minutes and hundredths of seconds. */
function exifDegrees(value: number): string {
  const size = Math.abs(value);
  const minutes = (size % 1) * 60;
  return `${Math.floor(size)}/1 ${Math.floor(minutes)}/1 ${Math.round((minutes % 1) * 6000)}/100`;
}

/** Draws the pictures into `folder` as JPEGs with EXIF date, camera and place. Answers their paths. */
export async function drawScenes(folder: string): Promise<string[]> {
  await mkdir(folder, { recursive: true });
  const files: string[] = [];
  for (const [themeIndex, { name, place, taken, draw }] of THEMES.entries()) {
    for (let number = 0; number < PER_THEME; number += 1) {
      const random = seededRandom(1 + themeIndex * 100 + number);
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${draw(random)}</svg>`;
      const at = new Date(Date.parse(`${taken}Z`) + number * 3_600_000).toISOString();
      const exifDate = at.slice(0, 19).replaceAll('-', ':').replace('T', ' ');
      const picture = await sharp(Buffer.from(svg))
        .withExif({
          IFD0: { Make: 'Shoebox', Model: 'Drawing board' },
          IFD2: { DateTimeOriginal: exifDate },
          IFD3: {
            GPSLatitudeRef: place.lat < 0 ? 'S' : 'N',
            GPSLatitude: exifDegrees(place.lat),
            GPSLongitudeRef: place.lon < 0 ? 'W' : 'E',
            GPSLongitude: exifDegrees(place.lon),
          },
        })
        .jpeg({ quality: 88 })
        .toBuffer();
      const file = join(folder, `${name}-${number + 1}.jpg`);
      await writeFile(file, picture);
      files.push(file);
    }
  }
  return files;
}
