/** Words on endpoints and tickets, and what people know: what may be one. */
import { allSeen } from './safe-text.ts';

export const tagPattern = `^${allSeen}[\\p{L}\\p{N}][\\p{L}\\p{M}\\p{N}._:-]{0,63}$`;
const tagForm = new RegExp(tagPattern, 'u');
export const isTag = (text: string): boolean => tagForm.test(text);
