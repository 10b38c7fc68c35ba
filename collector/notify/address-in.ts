/** The mail address in the name of a person. Pure. */

/** `mia@example.org`, `Mia Abe <mia@example.org>`; null where there is none, or more than one. */
export function addressIn(requester: string): string | null {
  const inner = /^[^<>]*<([^<>]+)>$/.exec(requester.trim())?.[1] ?? requester;
  return (
    /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/.exec(inner.trim())?.[0] ?? null
  );
}
