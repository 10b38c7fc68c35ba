/**
 * What an agent understands, as a number in its birth; an agent that sends none has 0. Raised with each part of the
 * message `config` that is added: an agent refuses a whole message with a part that it does not know.
 */
export const agentLevel = 7;
/** From here on agents watch targets: `watch` in their settings. */
export const watchLevel = 1;
/** From here on agents ask for their own machine: `may_ask` in their settings. */
export const askLevel = 2;
/** From here on agents take services, certificates, custom checks and privacy, and answer on the topic `applied`. */
export const settingsLevel = 3;
/** From here on agents fetch another credential: `credential` in their settings. */
export const credentialLevel = 4;
/** From here on agents know `update`: which release they may take, and when it is their turn. */
export const updateLevel = 5;
/** From here on agents take another authority while they run: `trust` in their settings. */
export const trustLevel = 6;
/** From here on agents know `scripts`: orders to run one of the scripts that their machine offers. */
export const scriptLevel = 7;
