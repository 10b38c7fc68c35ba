/** Which of two versions of the agent is the older one: also of builds that are no release. */
export const isOlder = (version: string, than: string): boolean =>
  version.localeCompare(than, 'en', { numeric: true }) < 0;
