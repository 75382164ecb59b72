//! The configuration's problems for people: each with its line and a caret, in the manner of rustc.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use mpath_core::{Problem, SourceFile, Span};

use super::paint::Paint;
use super::printable::{harmless_source, printable};

/// All of them, with an empty line after each.
pub(super) fn render(files: &[SourceFile], problems: &[Problem], paint: Paint) -> String {
    let renderer = if paint == Paint::Yes { Renderer::styled() } else { Renderer::plain() };
    problems.iter().map(|problem| format!("{}\n\n", renderer.render(&[group(files, problem)]))).collect()
}

fn group<'a>(files: &'a [SourceFile], problem: &'a Problem) -> Group<'a> {
    let title = Level::ERROR.primary_title(printable(&problem.message)).id(problem.code);
    let mut group = Group::with_title(title);
    // The place of the problem comes first: the renderer takes the first annotation's for the `-->`.
    let key = if problem.key.is_empty() { None } else { Some(printable(&problem.key)) };
    if let Some(file) = files.get(problem.span.source) {
        let primary = AnnotationKind::Primary.span(within(file, &problem.span)).label(key);
        let here = problem.also.iter().filter(|(span, _)| span.source == problem.span.source);
        let also = here.map(|(span, what)| AnnotationKind::Context.span(within(file, span)).label(printable(what)));
        group = group.element(snippet(file).annotation(primary).annotations(also));
    }
    let elsewhere = problem.also.iter().filter(|(span, _)| span.source != problem.span.source);
    for (span, what) in elsewhere {
        let Some(file) = files.get(span.source) else { continue };
        let annotation = AnnotationKind::Context.span(within(file, span)).label(printable(what));
        group = group.element(snippet(file).annotation(annotation));
    }
    if let Some(allowed) = &problem.allowed {
        group = group.element(Level::NOTE.with_name("allowed").message(printable(allowed)));
    }
    if let Some(hint) = &problem.hint {
        group = group.element(Level::HELP.message(printable(hint)));
    }
    group
}

fn snippet(file: &SourceFile) -> Snippet<'_, annotate_snippets::Annotation<'_>> {
    Snippet::source(harmless_source(&file.text)).path(printable(&file.path))
}

/// The bytes of a span, shortened to its first line: what is wrong with a long value is told by its beginning.
fn within(file: &SourceFile, span: &Span) -> std::ops::Range<usize> {
    let end = file.text.len();
    let (from, to) = (span.bytes.start.min(end), span.bytes.end.min(end));
    let to = to.max(from);
    let first_line = file.text.get(from..to).and_then(|text| text.find('\n')).filter(|length| *length > 0);
    from..first_line.map_or(to, |length| from + length)
}
