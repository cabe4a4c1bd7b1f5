/** An item of the table, as it is stored. */
export type { Item } from '../../bin/doctor/recount/finding.ts';
