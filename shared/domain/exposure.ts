/**
 * An exposure as photographers write it: fractions of a second below a quarter (`1/40`), seconds to one decimal from there (`0.3`,
 * `2.5`, `30`). `seconds` is positive.
 */
export function exposureText(seconds: number): string {
  return seconds <= 0.25 ? `1/${Math.round(1 / seconds)}` : seconds.toFixed(1).replace(/\.0$/, '');
}
