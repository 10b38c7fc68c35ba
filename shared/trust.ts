/**
 * What an agent trusts behind its collector's address, and what it says of it. The collector tells it in the message `config`;
 * no lock of the machine holds it back, because without it the machine would be cut off.
 */
export const trustModes = ['pin', 'system', 'both'] as const;

export interface Trust {
  /** Rises with each change. */
  version: number;
  /** `pin`: only these roots; `system`: what the machine's Node trusts; `both`: around a change from one to the other. */
  mode: (typeof trustModes)[number];
  /** PEM, one certificate each. */
  roots: string[];
  /** SHA-256 of public keys, base64: of the authority now and, with one of the collector's own, of the one after it. */
  pins: string[];
}

/** In the birth. */
export interface SaidTrust {
  /** That it has; 0: it was told of none yet. */
  version: number;
  /** What it could not take. */
  refused?: { version: number; why: string };
}

export const trustBounds = { roots: 10, rootLength: 8000, pins: 10, why: 500 } as const;
export const pinPattern = '^[A-Za-z0-9+/]{43}=$';
export const rootPattern = '^-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\\s]+-----END CERTIFICATE-----\\s*$';
