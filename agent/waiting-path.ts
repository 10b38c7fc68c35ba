/** Where an enrolment that waits for a person keeps what it asks with; light, because every start looks there. */
import { join } from 'node:path';

export const waitingPath = (data: string) => join(data, 'join-waiting.json');
