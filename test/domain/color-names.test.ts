import fc from 'fast-check';
import { expect, test } from 'vitest';
import { colorName, parseColor } from '../../shared/domain/color-names.ts';
import { oklabToSrgb } from '../../shared/domain/oklab.ts';

// What people would say, of colours as photos have them, on both sides of some borders.
test.each([
  ['#000000', 'black'],
  ['#1b1b1d', 'black'],
  ['#222222', 'dark grey'],
  ['#4f4f52', 'dark grey'],
  ['#808080', 'grey'],
  ['#959a9a', 'grey'],
  ['#b8b8b8', 'light grey'],
  ['#dcdcdc', 'light grey'],
  ['#f4f4f4', 'white'],
  ['#faf0d7', 'cream'],
  ['#e0d2b4', 'beige'],
  ['#c8a06e', 'tan'],
  ['#7a4a25', 'brown'],
  ['#3a2618', 'dark brown'],
  ['#5e0f18', 'maroon'],
  ['#d01c1f', 'red'],
  ['#ff0000', 'red'],
  ['#ff8c00', 'orange'],
  ['#ffff00', 'yellow'],
  ['#ffb6c1', 'pink'],
  ['#4c8b3b', 'green'],
  ['#00ff00', 'lime'],
  ['#1e4620', 'dark green'],
  ['#6b6b2a', 'olive'],
  ['#008080', 'teal'],
  ['#40e0d0', 'turquoise'],
  ['#bcd8ee', 'light blue'],
  ['#6fb2ea', 'sky blue'],
  ['#2050c0', 'blue'],
  ['#0000ff', 'blue'],
  ['#15224a', 'navy blue'],
  ['#70829a', 'slate blue'],
  ['#7b2d9b', 'purple'],
  ['#c8b4e6', 'lavender'],
])('%s is called %s', (hex, name) => {
  expect(colorName(parseColor(hex)!)).toBe(name);
});

test('every colour has a name, and every name is a colour of that name', () => {
  const component = fc.nat(255);
  fc.assert(
    fc.property(component, component, component, (red, green, blue) => {
      const hex = `#${[red, green, blue].map((value) => value.toString(16).padStart(2, '0')).join('')}`;
      const name = colorName(parseColor(hex)!);
      expect(colorName(parseColor(name)!)).toBe(name);
    }),
  );
});

test('reads hex in three forms', () => {
  expect(oklabToSrgb(parseColor('#6fb4ee')!)).toEqual([0x6f, 0xb4, 0xee]);
  expect(parseColor('6FB4EE')).toEqual(parseColor('#6fb4ee'));
  expect(parseColor(' #fa0 ')).toEqual(parseColor('#ffaa00'));
});

test('reads names however they are written', () => {
  for (const text of ['sky blue', 'Sky Blue', 'sky-blue', 'skyblue', ' SKY_BLUE ']) {
    expect(colorName(parseColor(text)!)).toBe('sky blue');
  }
  expect(parseColor('dark gray')).toEqual(parseColor('dark grey'));
});

test.each([
  '',
  '#',
  '#12',
  '#12345',
  '#1234567',
  'fa0',
  'blurple',
  '#gggggg',
  'constructor',
  '__proto__',
  'rgb(1,2,3)',
])('%j is no colour', (text) => {
  expect(parseColor(text)).toBeNull();
});
