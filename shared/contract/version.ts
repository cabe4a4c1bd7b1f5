/** The version of the API's description and of what `/health` names: the package's own (a test compares them). */
export const VERSION = '0.1.0';
