/** Texts to search: the judged articles, and as many tickets as wanted about machines, in both languages. */
import type { FoundDocument } from '../../collector/knowledge/documents.ts';
import { plainTextOf } from '../../collector/knowledge/plain-text.ts';
import { judgedArticles } from './knowledge-questions.ts';

/** Always the same numbers for a seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const subjects = [
  ...[
    'projector in room',
    'badge reader',
    'scanner',
    'forklift terminal',
    'label writer',
    'kiosk',
    'cash desk',
    'camera',
  ],
  ...['docking station', 'conference phone', 'barcode gun', 'plotter', 'time clock', 'access point', 'switch', 'UPS'],
];
const troubles = [
  'is dark',
  'beeps',
  'lost its settings',
  'smells odd',
  'shows an old date',
  'makes noise',
  'is missing',
  'reboots',
];
const remedies = [
  'Pulled the plug and waited.',
  'Replaced by one from the shelf.',
  'New firmware.',
  'Loose cable.',
  'Vendor has swapped it.',
];
const subjectsJa = [
  '会議室のプロジェクター',
  '入館証リーダー',
  'スキャナー',
  'レジ端末',
  '監視カメラ',
  '電話機',
  'プロッター',
  'スイッチ',
];
const troublesJa = ['が暗い', 'が鳴る', 'の設定が消えた', 'が異音を出す', 'の日付が古い', 'が見当たらない'];
const remediesJa = ['電源を抜いて待った。', '予備と交換した。', 'ファームウェアを更新した。', 'ケーブルの緩み。'];
const towns = ['Berlin', 'Osaka', 'Paris', 'Oslo', 'Lima', '東京', '大阪'];

/** @param more of them every other one an article @returns the judged articles first */
export function judgedDocuments(tickets: number, articles = 0): FoundDocument[] {
  const pick = numbers(7);
  const one = <T>(list: readonly T[]): T => list[pick(list.length)] as T;
  const judged = judgedArticles.flatMap(({ id, en, ja }) =>
    Object.entries({ en, ja }).flatMap(([language, text]) =>
      text ? [doc({ kind: 'article', ref: id, language, title: text[0], body: text[1] })] : [],
    ),
  );
  const made = (n: number) =>
    n % 3 === 0
      ? {
          title: `${one(towns)}の${one(subjectsJa)}${one(troublesJa)}`,
          body: `${one(remediesJa)} ${one(remediesJa)} 番号 ${n}`,
        }
      : {
          title: `${one(subjects)} ${one(towns)} ${n} ${one(troubles)}`,
          body: `${one(subjects)} ${one(troubles)} since ${n}. ${one(remedies)} ${one(remedies)} host-${n % 977}`,
        };
  const rest = Array.from({ length: tickets }, (_, n) =>
    doc({ kind: 'ticket', ref: String(n + 1), language: '', ...made(n) }),
  );
  const guides = Array.from({ length: articles }, (_, n) => {
    const text = made(n);
    const body = `${text.body} ${Array.from({ length: 12 }, () => made(pick(9999)).body).join(' ')}`;
    return doc({ kind: 'article', ref: `guide-${n}`, language: n % 3 === 0 ? 'ja' : 'en', title: text.title, body });
  });
  return [...judged, ...rest, ...guides];
}

const doc = (given: Pick<FoundDocument, 'kind' | 'ref' | 'language' | 'title' | 'body'>): FoundDocument => ({
  ...{ ...given, body: plainTextOf(given.body) },
  ...{ keywords: given.kind === 'ticket' ? given.ref : '', at: 1_790_000_000_000 },
});
