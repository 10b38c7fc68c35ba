/** What this browser remembers: language and theme. Storage may be switched off; then nothing is remembered. */
export type Remembered = 'language' | 'theme';

export function remembered(name: Remembered): string | null {
  try {
    return localStorage.getItem(`evenkeel.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: Remembered, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(`evenkeel.${name}`);
    else localStorage.setItem(`evenkeel.${name}`, value);
  } catch {
    // The choice holds until the page is closed, which is all that this browser allows.
  }
}
