/**
 * Markdown that people wrote, as elements: nothing of it becomes HTML. Tags in it are text, links lead to this app or by http(s),
 * pictures of other sites are links, and each block of commands can be copied.
 */
import type { Token, Tokens } from 'marked';
import { type ComponentChildren, type ComponentType, createContext, type JSX } from 'preact';
import { useContext } from 'preact/hooks';
import { markdownTokens } from '../../../shared/markdown.ts';
import { CopyButton } from './field.tsx';
import '../look/knowledge.css';

/** What stands for a link such as `script:free-space`; null: its name. */
export const ScriptSteps = createContext<ComponentType<{ name: string }> | null>(null);
const scriptLink = /^script:([a-z0-9][a-z0-9-]{0,47})$/;

type Heading = 'h2' | 'h3' | 'h4' | 'h5' | 'h6';

/** Null: it leads where an article may not. */
function safeHref(href: string): string | null {
  try {
    const { protocol } = new URL(href, location.origin);
    return protocol === 'http:' || protocol === 'https:' ? href : null;
  } catch {
    return null;
  }
}

const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", nbsp: '\u00a0' };
const plain = (text: string) => text.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name: string) => entities[name] ?? _);

/** @param text said already: an address that is its own text is not written twice */
function Link({ href, text, children }: { href: string; text: string; children: ComponentChildren }) {
  const Step = useContext(ScriptSteps);
  const script = scriptLink.exec(href)?.[1];
  if (script !== undefined) return Step ? <Step name={script} /> : <code>{script}</code>;
  const safe = safeHref(href);
  return safe === null ? (
    <>
      {children}
      {text !== href && `mailto:${text}` !== href && ` (${href})`}
    </>
  ) : (
    <a href={safe} rel="noreferrer">
      {children}
    </a>
  );
}

function inline(tokens: readonly Token[] | undefined): ComponentChildren {
  return tokens?.map((token, n) => {
    switch (token.type) {
      case 'strong':
        return <strong key={n}>{inline(token.tokens)}</strong>;
      case 'em':
        return <em key={n}>{inline(token.tokens)}</em>;
      case 'del':
        return <del key={n}>{inline(token.tokens)}</del>;
      case 'codespan':
        return <code key={n}>{(token as Tokens.Codespan).text}</code>;
      case 'br':
        return <br key={n} />;
      case 'link':
        return (
          <Link key={n} href={(token as Tokens.Link).href} text={(token as Tokens.Link).text}>
            {inline(token.tokens)}
          </Link>
        );
      case 'image': {
        const { href, text } = token as Tokens.Image;
        return (
          <Link key={n} href={href} text={text}>
            {text || href}
          </Link>
        );
      }
      case 'escape':
        return (token as Tokens.Escape).text;
      case 'text': {
        const { tokens: inner, text } = token as Tokens.Text;
        return inner ? inline(inner) : plain(text);
      }
      default:
        return token.raw;
    }
  });
}

/** Headings below that of the page, each at most one deeper than the one before it. */
function headings(tokens: readonly Token[]): Map<Token, Heading> {
  const all = tokens.filter((token): token is Tokens.Heading => token.type === 'heading');
  const least = Math.min(...all.map(({ depth }) => depth));
  const found = new Map<Token, Heading>();
  let last = 1;
  for (const token of all) {
    last = Math.min(token.depth - least + 2, last + 1, 6);
    found.set(token, `h${last}` as Heading);
  }
  return found;
}

function blocks(tokens: readonly Token[] | undefined, levels: ReadonlyMap<Token, Heading>): ComponentChildren {
  return tokens?.map((token, n) => <Block key={n} token={token} levels={levels} />);
}

function Block({ token, levels }: { token: Token; levels: ReadonlyMap<Token, Heading> }): JSX.Element | null {
  switch (token.type) {
    case 'space':
    case 'def':
      return null;
    case 'heading': {
      const Name = levels.get(token) ?? 'h6';
      return <Name>{inline(token.tokens)}</Name>;
    }
    case 'code':
      return <Commands text={(token as Tokens.Code).text} />;
    case 'blockquote':
      return <blockquote>{blocks(token.tokens, levels)}</blockquote>;
    case 'hr':
      return <hr />;
    case 'list':
      return <List list={token as Tokens.List} levels={levels} />;
    case 'table':
      return <Grid table={token as Tokens.Table} />;
    case 'text':
      return <>{token.tokens ? inline(token.tokens) : plain((token as Tokens.Text).text)}</>;
    case 'paragraph':
      return <p>{inline(token.tokens)}</p>;
    default:
      // HTML among them: as it was typed.
      return <p>{token.raw}</p>;
  }
}

function Commands({ text }: { text: string }) {
  return (
    <div class="commands">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways is reached by the keyboard */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <CopyButton text={text} slim />
    </div>
  );
}

function List({ list, levels }: { list: Tokens.List; levels: ReadonlyMap<Token, Heading> }) {
  const items = list.items.map((item, n) => (
    <li key={n}>
      {item.task && <span aria-hidden="true">{item.checked ? '☑ ' : '☐ '}</span>}
      {blocks(
        item.tokens.filter(({ type }) => (type as string) !== 'checkbox'),
        levels,
      )}
    </li>
  ));
  return list.ordered ? <ol start={Number(list.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

const Grid = ({ table }: { table: Tokens.Table }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls sideways is reached by the keyboard
  <div class="scroll" tabIndex={0}>
    <table class="table">
      <thead>
        <tr>
          {table.header.map((cell, n) => (
            <th key={n} scope="col">
              {inline(cell.tokens)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {table.rows.map((row, n) => (
          <tr key={n}>
            {row.map((cell, m) => (
              <td key={m}>{inline(cell.tokens)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
);

export function Markdown({ text, language }: { text: string; language: string }) {
  const tokens = markdownTokens(text);
  if (!tokens) return <pre>{text}</pre>;
  return (
    <div class="markdown" lang={language}>
      {blocks(tokens, headings(tokens))}
    </div>
  );
}
