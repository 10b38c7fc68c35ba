/** The agent's version, sent in the birth and at enrolment. */
import about from '../package.json' with { type: 'json' };

export const version: string = about.version;
