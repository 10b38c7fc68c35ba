/** Where those who work on a ticket talk. */
import { Type } from 'typebox';

export const ChatAddress = Type.Optional(
  Type.String({
    maxLength: 500,
    description: 'where whoever works on a ticket talks; {ticket} is its number',
    want: 'an https address with {ticket} in its path, such as https://chat.example.org/{ticket}',
    check: chatFault,
  }),
);

/** The page links to it: another scheme could run there. */
function chatFault(text: string): string | null {
  const address = URL.parse(text.replaceAll('{ticket}', '1'));
  if (address?.protocol === 'https:' && URL.parse(text)?.host === address.host && text.includes('{ticket}'))
    return null;
  return 'is not an https address with {ticket} in its path; write it like https://chat.example.org/{ticket}';
}
