/** The agent's version, said at birth and at enrolment. test/agent/version.test.ts holds it to package.json. */
export const version = '0.1.0';
