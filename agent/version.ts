/** The agent's version, sent in the birth and at enrolment. */
import about from '../package.json' with { type: 'json' };

export const version: string = about.version;
/** ms UTC: it is not earlier than that. Of a package the time of its source; from source nothing is known. */
export const builtAt: number = 0;
