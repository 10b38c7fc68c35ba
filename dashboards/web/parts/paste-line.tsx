/** What a person runs by hand, to copy. */
import '../look/paste-line.css';
import { CopyButton } from './field.tsx';

export const PasteLine = ({ text }: { text: string }) => (
  <>
    <code class="paste-line">{text}</code> <CopyButton text={text} slim />
  </>
);
