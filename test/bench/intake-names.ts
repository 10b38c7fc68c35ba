/** The endpoints of the bench, known to both of its processes. */
export const endpointId = (n: number) => `ebench${String(n).padStart(8, '0')}`;
export const secretOf = (n: number) => `secret ${n}`;
