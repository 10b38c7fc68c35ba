/** A section of the inventory as it is kept: JSON of a shape that was checked. Where it was checked does not matter. */
import { fail } from './errors.ts';
import { sections } from './inventory.ts';
import { check, type InventoryMessage } from './report.ts';

export type Section = Omit<InventoryMessage, 'data'> & { text: string };

/** @throws EvenkeelError BAD_SHAPE for an unknown section or a document that does not fit its schema */
export function sectionOf({ data, ...head }: InventoryMessage): Section {
  const { section } = head;
  if (!Object.hasOwn(sections, section))
    throw fail('BAD_SHAPE', { where: 'message.section', problem: `there is no section "${section}"` });
  check(sections[section as keyof typeof sections], data);
  return { ...head, text: JSON.stringify(data) };
}
