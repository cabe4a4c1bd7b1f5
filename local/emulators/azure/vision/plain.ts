/** Tells the process that looks at pictures to do so without its model. */
export const PLAIN = '--plain';
