//! A WASI command. Reads `{"text": "…", "top": 5}` from standard input and answers the most frequent words as JSON.
//! The standard library only: there is no parser but the few lines below.

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::process::ExitCode;

/// Four hexadecimal digits.
fn hex(chars: &mut std::str::CharIndices) -> Option<u32> {
    (0..4).try_fold(0, |code, _| Some(code * 16 + chars.next()?.1.to_digit(16)?))
}

/// A JSON text: what follows its opening quote, up to the closing one.
fn text(source: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = source.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &source[at + 1..])),
            '\\' => match chars.next()?.1 {
                'n' => out.push('\n'),
                't' => out.push('\t'),
                'r' => out.push('\r'),
                'b' | 'f' => out.push(' '),
                'u' => {
                    let mut unit = hex(&mut chars)?;
                    if (0xd800..0xdc00).contains(&unit) {
                        // The first half of a pair; what has no other half is no character.
                        let mut ahead = chars.clone();
                        let escaped = ahead.next().map(|(_, c)| c) == Some('\\') && ahead.next().map(|(_, c)| c) == Some('u');
                        if let (true, Some(low @ 0xdc00..=0xdfff)) = (escaped, hex(&mut ahead)) {
                            unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
                            chars = ahead;
                        }
                    }
                    out.push(char::from_u32(unit).unwrap_or('\u{fffd}'));
                }
                other => out.push(other),
            },
            other => out.push(other),
        }
    }
    None
}

/// The members of one flat object, values as they are written.
fn members(source: &str) -> Option<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let mut rest = source.trim().strip_prefix('{')?.trim_start();
    while let Some(after) = rest.strip_prefix('"') {
        let (name, after) = text(after)?;
        let value = after.trim_start().strip_prefix(':')?.trim_start();
        let (value, after) = match value.strip_prefix('"') {
            Some(quoted) => text(quoted)?,
            None => {
                let end = value.find(|c| c == ',' || c == '}')?;
                (value[..end].trim().to_string(), &value[end..])
            }
        };
        found.insert(name, value);
        rest = after.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    rest.starts_with('}').then(|| found)
}

fn quoted(word: &str) -> String {
    let escaped: String = word.chars().flat_map(|c| if c == '"' || c == '\\' { vec!['\\', c] } else { vec![c] }).collect();
    format!("\"{}\"", escaped)
}

fn main() -> ExitCode {
    let mut input = String::new();
    if io::stdin().read_to_string(&mut input).is_err() {
        eprintln!("the input is not UTF-8");
        return ExitCode::FAILURE;
    }
    let request = match members(&input) {
        Some(request) if request.contains_key("text") => request,
        _ => {
            eprintln!("expected {{\"text\": …, \"top\": …}}");
            return ExitCode::FAILURE;
        }
    };
    let top: usize = request.get("top").and_then(|top| top.parse().ok()).unwrap_or(10);
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for word in request["text"].split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()) {
        *counts.entry(word.to_lowercase()).or_insert(0) += 1;
    }
    let total: usize = counts.values().sum();
    let different = counts.len();
    let mut words: Vec<(String, usize)> = counts.into_iter().collect();
    // By count, then by the alphabet: the order is the same every time.
    words.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let list: Vec<String> = words.iter().take(top).map(|(word, count)| format!("[{},{}]", quoted(word), count)).collect();
    eprintln!("{} words, {} different", total, different);
    let answer = format!("{{\"words\":{},\"different\":{},\"top\":[{}]}}", total, different, list.join(","));
    match io::stdout().write_all(answer.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}
