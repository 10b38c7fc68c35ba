/** What this browser remembers: language and theme. Storage may be switched off; then nothing is remembered. */
export type RememberedName = 'language' | 'theme';

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
