/** The languages: one line each. The name of the export is the code (BCP 47) by which settings and browsers ask for it. */
export * as en from './en.ts';
export * as ja from './ja.ts';
