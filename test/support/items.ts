/** An item of the table, as it is stored. */
export type Item = Record<string, unknown> & { user_id: string; sk: string };
