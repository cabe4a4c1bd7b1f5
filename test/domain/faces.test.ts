import { describe, expect, test } from 'vitest';
import { chooseFaces, relativeTo, squareAround } from '../../shared/domain/faces.ts';

const SIZE = { width: 1000, height: 600 };
const face = (x: number, y: number, side: number, score = 0.9) => ({ x, y, width: side, height: side, score });
const boxes = (found: ReturnType<typeof face>[]) =>
  chooseFaces(found, SIZE).map(({ box }) => [box.x, box.y, box.width, box.height]);

describe('of the boxes of several looks', () => {
  test('each face is kept once, as the surest look has it', () => {
    expect(boxes([face(100, 100, 100, 0.6), face(110, 95, 100, 0.9), face(300, 100, 100, 0.7)])).toEqual([
      [110, 95, 100, 100],
      [300, 100, 100, 100],
    ]);
  });

  test('a part of a face taken for one is not', () => {
    expect(boxes([face(100, 100, 200, 0.9), face(150, 150, 60, 0.8)])).toEqual([[100, 100, 200, 200]]);
  });

  test('neighbours that overlap a little are both', () => {
    expect(boxes([face(100, 100, 100), face(180, 100, 100)])).toHaveLength(2);
  });

  test('one that an edge cuts in two is kept with what is seen of it, and its whole box', () => {
    const [cut] = chooseFaces([face(-50, 100, 100)], SIZE);
    expect(cut).toMatchObject({ box: { x: 0, width: 50, height: 100 }, whole: { x: -50, width: 100 } });
  });

  test('its mirror image beyond the edge is not', () => {
    expect(boxes([face(-90, 100, 100), face(950, 700, 100), face(2000, 100, 100)])).toEqual([]);
  });

  test('unsure and tiny ones are not', () => {
    expect(boxes([face(100, 100, 100, 0.49), face(300, 100, 31)])).toEqual([]);
    expect(boxes([face(100, 100, 100, 0.5), face(300, 100, 32)])).toHaveLength(2);
  });

  test('the largest fifty are, largest first', () => {
    const crowd = Array.from({ length: 60 }, (_, n) => face((n % 12) * 80, Math.floor(n / 12) * 100, 32 + n / 2));
    const widths = boxes(crowd).map(([, , width]) => width);
    expect(widths).toHaveLength(50);
    expect(widths[0]).toBe(61.5);
    expect(widths).toEqual(widths.toSorted((one = 0, other = 0) => other - one));
  });
});

describe('the square around a face', () => {
  test('has a margin and its middle in the face’s', () => {
    expect(squareAround(face(400, 200, 100), SIZE)).toEqual({ left: 370, top: 170, side: 160 });
  });

  test.each([
    ['at the edge', face(0, 0, 100)],
    ['at the far edge', face(900, 500, 100)],
    ['as large as the picture', face(0, 0, 600)],
    ['as small as a pixel', { x: 999, y: 599, width: 0.2, height: 0.2 }],
  ])('%s lies in the picture', (_, box) => {
    const { left, top, side } = squareAround(box, SIZE);
    for (const number of [left, top, side]) expect(Number.isInteger(number)).toBe(true);
    expect(Math.min(left, top)).toBeGreaterThanOrEqual(0);
    expect(left + side).toBeLessThanOrEqual(SIZE.width);
    expect(top + side).toBeLessThanOrEqual(SIZE.height);
    expect(side).toBeGreaterThan(0);
  });
});

test('boxes are parts of their picture', () => {
  expect(relativeTo(SIZE, face(100, 60, 50))).toEqual({ x: 0.1, y: 0.1, width: 0.05, height: 50 / 600 });
});
