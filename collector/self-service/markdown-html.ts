/** Articles as HTML for pages without script: what is HTML in them stays text, and links lead to http(s) only. Pure. */
import type { Token, Tokens } from 'marked';
import { escapeHtml } from '../../shared/html.ts';
import { markdownTokens } from '../../shared/markdown.ts';

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: '\u00a0' };
const plain = (text: string): string =>
  escapeHtml(text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => entities[name] ?? _));

/** To other places only: what leads into the app would ask for a log-in. */
function link(href: string, inner: string): string {
  const address = URL.parse(href);
  return address && (address.protocol === 'https:' || address.protocol === 'http:')
    ? `<a href="${escapeHtml(address.href)}" rel="noreferrer noopener">${inner}</a>`
    : inner;
}

const inline = (tokens: readonly Token[] | undefined): string =>
  (tokens ?? [])
    .map((token) => {
      switch (token.type) {
        case 'strong':
        case 'em':
        case 'del':
          return `<${token.type}>${inline(token.tokens)}</${token.type}>`;
        case 'codespan':
          return `<code>${escapeHtml((token as Tokens.Codespan).text)}</code>`;
        case 'br':
          return '<br>';
        case 'link':
          return link((token as Tokens.Link).href, inline(token.tokens));
        case 'image':
          return link((token as Tokens.Image).href, escapeHtml((token as Tokens.Image).text || token.raw));
        case 'escape':
          return escapeHtml((token as Tokens.Escape).text);
        case 'text':
          return (token as Tokens.Text).tokens
            ? inline((token as Tokens.Text).tokens)
            : plain((token as Tokens.Text).text);
        default:
          return escapeHtml(token.raw);
      }
    })
    .join('');

const row = (cells: readonly Tokens.TableCell[], name: 'th' | 'td'): string =>
  `<tr>${cells.map((cell) => `<${name}>${inline(cell.tokens)}</${name}>`).join('')}</tr>`;

function block(token: Token): string {
  switch (token.type) {
    case 'space':
    case 'def':
      return '';
    case 'heading': {
      // The page has the first one.
      const name = `h${Math.min(6, Math.max(2, (token as Tokens.Heading).depth))}`;
      return `<${name}>${inline(token.tokens)}</${name}>`;
    }
    case 'code':
      return `<pre><code>${escapeHtml((token as Tokens.Code).text)}</code></pre>`;
    case 'blockquote':
      return `<blockquote>${blocks(token.tokens)}</blockquote>`;
    case 'hr':
      return '<hr>';
    case 'list': {
      const { ordered, start, items } = token as Tokens.List;
      const name = ordered ? 'ol' : 'ul';
      const from = ordered && Number(start) > 1 ? ` start="${Number(start)}"` : '';
      const inner = items.map((item) => `<li>${blocks(item.tokens)}</li>`).join('');
      return `<${name}${from}>${inner}</${name}>`;
    }
    case 'table': {
      const { header, rows } = token as Tokens.Table;
      const body = rows.map((cells) => row(cells, 'td')).join('');
      return `<table><thead>${row(header, 'th')}</thead><tbody>${body}</tbody></table>`;
    }
    case 'text':
      return token.tokens ? inline(token.tokens) : plain((token as Tokens.Text).text);
    case 'paragraph':
      return `<p>${inline(token.tokens)}</p>`;
    default:
      return `<p>${escapeHtml(token.raw)}</p>`;
  }
}

const blocks = (tokens: readonly Token[] | undefined): string =>
  (tokens ?? [])
    .filter(({ type }) => (type as string) !== 'checkbox')
    .map(block)
    .join('');

export function markdownHtml(text: string): string {
  const tokens = markdownTokens(text);
  return tokens === null ? `<pre>${escapeHtml(text)}</pre>` : blocks(tokens);
}
