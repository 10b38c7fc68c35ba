/** How long a machine waits for a person, and how often it asks. */
export const waitingMs = 7 * 86_400_000;
export const askAgainMs = 30_000;
