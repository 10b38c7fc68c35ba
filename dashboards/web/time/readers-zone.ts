/** A file of its own: what runs before the pages asks for it, and must not bring the words with it (`../main.tsx`). */
export const readersZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;
