/** Headers of the interface by which a change says on which state of a document it is based. */
export const versionHeader = 'evenkeel-version';
export const baseHeader = 'evenkeel-base';
