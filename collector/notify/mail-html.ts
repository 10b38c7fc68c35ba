/**
 * The part of a mail that programs with pictures show. Tables and styles at the elements, because mail programs drop the rest; nothing is
 * fetched, and every text is escaped.
 */
import type { Language } from '../../shared/words/index.ts';
import { type ChatText, colours, htmlEscaped } from './chat.ts';

const font = "font-family:system-ui,-apple-system,'Segoe UI','Hiragino Sans','Noto Sans JP',sans-serif";
const [text, soft, line] = ['#1d2730', '#55616c', '#dfe4e8'];

/** `Value: 96.2%` as name and value; the words of a language stand before the first colon. */
function rowOf(fact: string): string {
  const [, name, value] = /^([^:：]{1,40})[:：]\s*(.+)$/u.exec(fact) ?? [];
  if (name === undefined || value === undefined)
    return `<tr><td colspan="2" style="padding:6px 0;color:${text}">${htmlEscaped(fact)}</td></tr>`;
  return (
    `<tr><td style="padding:4px 16px 4px 0;color:${soft};vertical-align:top;white-space:nowrap">${htmlEscaped(name)}</td>` +
    `<td style="padding:4px 0;color:${text};word-break:break-word">${htmlEscaped(value)}</td></tr>`
  );
}

function buttonOf({ label, url }: ChatText['links'][number], n: number): string {
  const look = n === 0 ? 'background:#1b5a9e;color:#ffffff' : `background:#ffffff;color:${text}`;
  return (
    `<a href="${htmlEscaped(url)}" style="display:inline-block;margin:0 8px 8px 0;padding:10px 18px;border-radius:6px;` +
    `border:1px solid ${n === 0 ? '#1b5a9e' : line};text-decoration:none;font-weight:600;${look}">${htmlEscaped(label)}</a>`
  );
}

export function mailHtml({ title, lines, links, tone }: ChatText, language: Language): string {
  const rows = lines.filter((fact) => fact !== '').map(rowOf);
  return `<!doctype html>
<html lang="${language}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${htmlEscaped(title)}</title></head>
<body style="margin:0;padding:16px;background:#f4f6f8;${font};font-size:15px;line-height:1.5">
<table role="presentation" width="100%" cellspacing="0" cellpadding="0"><tr><td align="center">
<table role="presentation" cellspacing="0" cellpadding="0" style="width:100%;max-width:600px;background:#ffffff;border:1px solid ${line};border-top:6px solid ${colours[tone]};border-radius:8px">
<tr><td style="padding:20px 24px 4px"><h1 style="margin:0;font-size:18px;line-height:1.4;color:${text};word-break:break-word">${htmlEscaped(title)}</h1></td></tr>
<tr><td style="padding:8px 24px"><table role="presentation" cellspacing="0" cellpadding="0" style="font-size:15px">${rows.join('')}</table></td></tr>
<tr><td style="padding:12px 24px 16px">${links.map(buttonOf).join('')}</td></tr>
</table>
<p style="margin:12px 0 0;font-size:12px;color:${soft}">Evenkeel</p>
</td></tr></table>
</body></html>
`;
}
