import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTimeZones } from '../../shared/adapters/time-zones.ts';
import { parseCameraDate, parseOffset } from '../../shared/domain/camera-date.ts';
import { exposureText } from '../../shared/domain/exposure.ts';
import { type CameraClock, resolveTakenAt } from '../../shared/domain/taken-at.ts';

const zones = createTimeZones();
const UPLOADED = '2026-11-20T12:00:00.000Z';
const LISBON = { lat: 38.71, lon: -9.13 };
const NEW_YORK = { lat: 40.71, lon: -74.01 };
const KATHMANDU = { lat: 27.71, lon: 85.32 };
const at = (clock: CameraClock) => resolveTakenAt(clock, zones, UPLOADED);

describe('when a photo was taken', () => {
  const local = '2024-07-01T10:00:00';

  test('an offset in the file is believed before anything else', () => {
    expect(at({ local, offset: '+09:00', gps_utc: '2024-07-01T08:00:00', position: LISBON })).toEqual({
      taken_at: local,
      taken_at_offset: '+09:00',
      taken_at_source: 'offset_tag',
    });
  });

  test.each([
    ['2024-07-01T08:00:09', '+02:00'],
    ['2024-07-01T08:06:00', '+02:00'],
    ['2024-07-01T17:00:00', '-07:00'],
    ['2024-07-01T04:15:30', '+05:45'],
    ['2024-07-01T01:30:00', '+08:30'],
    ['2024-06-30T20:00:00', '+14:00'],
    ['2024-07-01T22:00:00', '-12:00'],
  ])('satellites at %s make the offset %s', (gps_utc, offset) => {
    expect(at({ local, gps_utc })).toEqual({ taken_at: local, taken_at_offset: offset, taken_at_source: 'gps_time' });
  });

  test.each(['2024-07-02T08:00:00', '2024-06-30T08:00:00', '2024-07-01T08:15:00', '2024-07-01T22:30:00'])(
    'satellites at %s differ by what is no offset: the position tells',
    (gps_utc) => {
      expect(at({ local, gps_utc, position: LISBON })).toMatchObject({
        taken_at_offset: '+01:00',
        taken_at_source: 'gps_zone',
      });
      expect(at({ local, gps_utc })).toEqual({ taken_at: local, taken_at_source: 'camera' });
    },
  );

  test('the satellites alone tell the instant, the position its wall time', () => {
    const gps_utc = '2024-07-01T22:30:00';
    expect(at({ gps_utc, position: KATHMANDU })).toEqual({
      taken_at: '2024-07-02T04:15:00',
      taken_at_offset: '+05:45',
      taken_at_source: 'gps_time',
    });
    expect(at({ gps_utc })).toEqual({ taken_at: gps_utc, taken_at_offset: '+00:00', taken_at_source: 'gps_time' });
  });

  test.each(['1825-12-31T23:59:59', '2026-11-21T12:00:01', '2106-02-07T06:28:15'])('%s is not believed', (wrong) => {
    const upload = { taken_at: '2026-11-20T12:00:00', taken_at_offset: '+00:00', taken_at_source: 'upload' };
    expect(at({ local: wrong, offset: '+01:00', position: LISBON })).toEqual(upload);
    expect(at({ gps_utc: wrong })).toEqual(upload);
    expect(at({ local: wrong, gps_utc: '2024-07-01T08:00:00' }).taken_at_source).toBe('gps_time');
  });

  test.each(['1826-01-01T00:00:00', '2026-11-21T12:00:00'])('%s is', (local) => {
    expect(at({ local })).toEqual({ taken_at: local, taken_at_source: 'camera' });
  });
});

describe('offsets of a position', () => {
  const local = ({ lat, lon }: { lat: number; lon: number }, wall: string) => zones.atLocal(lat, lon, wall);

  test.each([
    [LISBON, '2024-01-15T12:00:00', '+00:00'],
    [LISBON, '2024-07-15T12:00:00', '+01:00'],
    [KATHMANDU, '2024-07-15T12:00:00', '+05:45'],
    [{ lat: -45, lon: -150 }, '2024-07-15T12:00:00', '-10:00'],
    // The hours around both changes; 02:30 came never in March and twice in November.
    [NEW_YORK, '2024-03-10T01:59:59', '-05:00'],
    [NEW_YORK, '2024-03-10T02:30:00', '-05:00'],
    [NEW_YORK, '2024-03-10T03:00:00', '-04:00'],
    [NEW_YORK, '2024-11-03T00:59:59', '-04:00'],
    [NEW_YORK, '2024-11-03T01:30:00', '-04:00'],
    [NEW_YORK, '2024-11-03T02:00:00', '-05:00'],
    [LISBON, '2024-10-27T01:30:00', '+01:00'],
  ])('%o at %s: %s', (position, wall, offset) => {
    expect(local(position, wall)).toBe(offset);
  });

  test('what is no position has none', () => {
    expect(zones.atLocal(91, 0, '2024-01-01T00:00:00')).toBeNull();
    expect(zones.atUtc(0, Number.NaN, '2024-01-01T00:00:00')).toBeNull();
  });

  test('an instant keeps its offset on the way through its wall time, but for the hour that comes twice', () => {
    const instants = fc.date({ min: new Date('1990-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
    const where = [
      fc.double({ min: -89, max: 89, noNaN: true }),
      fc.double({ min: -179, max: 179, noNaN: true }),
    ] as const;
    fc.assert(
      fc.property(...where, instants, (lat, lon, instant) => {
        const minutes = (offset: string) =>
          (offset.startsWith('-') ? -1 : 1) * (Number(offset.slice(1, 3)) * 60 + Number(offset.slice(4)));
        const offset = minutes(zones.atUtc(lat, lon, instant.toISOString().slice(0, 19)) as string);
        const wall = new Date(instant.getTime() + offset * 60_000).toISOString().slice(0, 19);
        // Where it came twice the first is meant, whose offset is the larger.
        expect(minutes(zones.atLocal(lat, lon, wall) as string)).toBeGreaterThanOrEqual(offset);
      }),
    );
  });
});

describe('dates of cameras', () => {
  test.each([
    ['2004:08:27 13:52:55', { local: '2004-08-27T13:52:55' }],
    ['2004:08:27 13:52:55\u0000 ', { local: '2004-08-27T13:52:55' }],
    ['2005-09-07T15:07:40-07:00', { local: '2005-09-07T15:07:40', offset: '-07:00' }],
    ['2011-06-14T15:47+02:00', { local: '2011-06-14T15:47:00', offset: '+02:00' }],
    ['2011-09-23T12:43:03.25Z', { local: '2011-09-23T12:43:03', offset: '+00:00' }],
    ['2003-08-31', { local: '2003-08-31T00:00:00' }],
    ['2024:02:29 00:00:00', { local: '2024-02-29T00:00:00' }],
  ])('%j', (text, date) => {
    expect(parseCameraDate(text.replaceAll('\u0000', ''))).toEqual(date);
  });

  test.each([
    '0000:00:00 00:00:00',
    '    :  :     :  :  ',
    '2001:12:00 00:00:00',
    '2023:02:29 00:00:00',
    '2023:01:01 24:00:00',
    '2004',
    '2004-07',
    'yesterday',
    '',
  ])('%j is none', (text) => {
    expect(parseCameraDate(text)).toBeUndefined();
  });

  test.each([
    ['+02:00', '+02:00'],
    ['-0700', '-07:00'],
    ['Z', '+00:00'],
    ['-00:00', '+00:00'],
    ['+14:00', '+14:00'],
    ['+14:15', undefined],
    ['-12:30', undefined],
    ['+02:60', undefined],
    ['   :  ', undefined],
  ])('offset %j is %j', (text, offset) => {
    expect(parseOffset(text)).toBe(offset);
  });
});

describe('exposures', () => {
  test.each([
    [0.025, '1/40'],
    [1 / 1600, '1/1600'],
    [0.25, '1/4'],
    [0.3, '0.3'],
    [1, '1'],
    [2.5, '2.5'],
    [30, '30'],
  ])('%d seconds are %s', (seconds, text) => {
    expect(exposureText(seconds)).toBe(text);
  });
});
