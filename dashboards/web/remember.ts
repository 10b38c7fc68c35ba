/** What this browser remembers: language, theme, whether keys act, columns of the fleet, the page to start with; of each person, how close rows stand. Storage may be switched off; then nothing is remembered. */
export type RememberedName = 'language' | 'theme' | 'keys' | 'columns' | 'start' | `density.${string}`;

export function remembered(name: RememberedName): string | null {
  try {
    return localStorage.getItem(`evenkeel.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: RememberedName, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`evenkeel.${name}`);
    else localStorage.setItem(`evenkeel.${name}`, value);
  } catch {
    // The choice holds until the page is closed, which is all that this browser allows.
  }
}

/** What outlives a page that is loaded anew, in this tab only. */
export function keptForTab(name: 'anew' | 'join' | 'provider.next'): string | null {
  try {
    return sessionStorage.getItem(`evenkeel.${name}`);
  } catch {
    return null;
  }
}

export function keepForTab(name: 'anew' | 'join' | 'provider.next', value: string): void {
  try {
    sessionStorage.setItem(`evenkeel.${name}`, value);
  } catch {
    // As above.
  }
}
