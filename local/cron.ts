/**
 * EventBridge's schedule expressions (EventBridge user guide, "Creating a rule that runs on a schedule"), in UTC:
 * `rate(5 minutes)` and `cron(0 3 * * ? *)`. Of cron's wildcards `, - * / ?` are understood, and names of months and days;
 * `L`, `W` and `#` are refused.
 */

/** Answers the first time after `after` at which the schedule is due. */
export type Schedule = (after: Date) => Date;

const MINUTE_MS = 60_000;
const UNIT_MS: Readonly<Record<string, number>> = { minute: MINUTE_MS, hour: 60 * MINUTE_MS, day: 1440 * MINUTE_MS };
const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const DAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];
/** No schedule that is ever due waits longer: 29 February can be eight years off. */
const SEARCH_DAYS = 366 * 9;

function refuse(expression: string): never {
  throw new RangeError(
    `Expected rate(N minutes|hours|days) or cron(six fields) without L, W or #, received "${expression}"`,
  );
}

/** The values a cron field allows. */
function parseField(
  field: string,
  least: number,
  most: number,
  names: readonly string[],
  expression: string,
): Set<number> {
  const numberOf = (text: string): number => {
    const named = names.indexOf(text.toUpperCase());
    const value = named >= 0 ? named + least : Number(text);
    return /^\d+$/.test(text) || named >= 0 ? value : refuse(expression);
  };
  const values = new Set<number>();
  for (const part of field.split(',')) {
    const [range = '', step = '1'] = part.split('/');
    const [from, to] = range === '*' || range === '?' ? [least, most] : range.split('-').map(numberOf);
    const first = from ?? refuse(expression);
    const last = to ?? (part.includes('/') ? most : first);
    const stride = Number(step);
    if (first < least || last > most || first > last || !(stride >= 1)) refuse(expression);
    for (let value = first; value <= last; value += stride) values.add(value);
  }
  return values;
}

function parseCron(text: string, expression: string): Schedule {
  const fields = text.trim().split(/\s+/);
  const [minute = '', hour = '', day = '', month = '', weekday = '', year = ''] = fields;
  if (fields.length !== 6) refuse(expression);
  const minutes = parseField(minute, 0, 59, [], expression);
  const hours = parseField(hour, 0, 23, [], expression);
  const days = parseField(day, 1, 31, [], expression);
  const months = parseField(month, 1, 12, MONTHS, expression);
  const weekdays = parseField(weekday, 1, 7, DAYS, expression);
  const years = parseField(year, 1970, 2199, [], expression);

  return (after) => {
    const start = Math.floor(after.getTime() / MINUTE_MS) * MINUTE_MS + MINUTE_MS;
    const firstDay = Date.UTC(after.getUTCFullYear(), after.getUTCMonth(), after.getUTCDate());
    for (let offset = 0; offset < SEARCH_DAYS; offset += 1) {
      const date = new Date(firstDay + offset * UNIT_MS.day!);
      const due =
        years.has(date.getUTCFullYear()) &&
        months.has(date.getUTCMonth() + 1) &&
        days.has(date.getUTCDate()) &&
        weekdays.has(date.getUTCDay() + 1);
      if (!due) continue;
      for (const h of hours) {
        for (const m of minutes) {
          const at = date.getTime() + (h * 60 + m) * MINUTE_MS;
          if (at >= start) return new Date(at);
        }
      }
    }
    return refuse(expression);
  };
}

/** Reads an expression. Throws `RangeError` for one that is malformed or not understood. */
export function parseSchedule(expression: string): Schedule {
  const rate = /^rate\((\d+) (minute|hour|day)s?\)$/.exec(expression);
  if (rate) {
    const period = Number(rate[1]) * (UNIT_MS[rate[2] ?? ''] ?? 0);
    if (period === 0) refuse(expression);
    return (after) => new Date(after.getTime() + period);
  }
  const cron = /^cron\((.+)\)$/.exec(expression);
  return cron?.[1] ? parseCron(cron[1], expression) : refuse(expression);
}
