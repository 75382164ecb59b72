//! Bars on a logarithmic scale, as SVG.

use std::path::Path;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// One bar: a value, and from where to where it was.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

const ROW: u32 = 34;
/// How much room names have.
const NAMES: u32 = 370;
const COLOUR: RGBColor = RGBColor(0x2b, 0x6c, 0xb0);
const OWN: RGBColor = RGBColor(0xc0, 0x56, 0x21);

/// Draws bars below each other, the smallest first; those of mpath stand out.
pub(crate) fn bars(file: &Path, title: &str, bars: &[Bar]) {
    let mut bars: Vec<Bar> = bars.iter().filter(|bar| bar.value > 0.0 && bar.least > 0.0).cloned().collect();
    bars.sort_by(|a, b| b.value.total_cmp(&a.value));
    let (Some(least), Some(most)) = (
        bars.iter().map(|bar| bar.least).min_by(f64::total_cmp),
        bars.iter().map(|bar| bar.most).max_by(f64::total_cmp),
    ) else {
        return;
    };
    let rows = u32::try_from(bars.len()).unwrap();
    let root = SVGBackend::new(file, (960, 90 + ROW * rows)).into_drawing_area();
    root.fill(&WHITE).unwrap();
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(NAMES)
        .build_cartesian_2d((least.min(1.0) * 0.8..most * 2.0).log_scale(), 0.0..f64::from(rows))
        .unwrap();
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .y_labels(0)
        .x_label_formatter(&|value| format!("{value}"))
        .draw()
        .unwrap();
    let from = least.min(1.0) * 0.8;
    for (row, bar) in (0_u32..).zip(&bars) {
        let (low, high) = (f64::from(row) + 0.2, f64::from(row) + 0.8);
        let middle = f64::midpoint(low, high);
        let colour = if bar.name.starts_with("mpath") { OWN } else { COLOUR };
        chart.draw_series([Rectangle::new([(from, low), (bar.value, high)], colour.mix(0.75).filled())]).unwrap();
        chart
            .draw_series([PathElement::new([(bar.least, middle), (bar.most, middle)], BLACK.stroke_width(2))])
            .unwrap();
    }
    // Names stand where the axis has room for them, values behind the bars.
    let (across, heights) = chart.plotting_area().get_pixel_range();
    let height = f64::from(heights.end - heights.start) / f64::from(rows);
    let written = |text: String, at: (i32, i32), side: HPos| {
        let style = ("sans-serif", 14).into_text_style(&root).pos(Pos::new(side, VPos::Center));
        root.draw(&Text::new(text, at, style)).unwrap();
    };
    for (row, bar) in (0_i32..).zip(&bars) {
        #[allow(clippy::cast_possible_truncation, reason = "a picture is not that high")]
        let y = heights.end - ((f64::from(row) + 0.5) * height) as i32;
        written(bar.name.clone(), (across.start - 8, y), HPos::Right);
        let (end, _) = chart.backend_coord(&(bar.most, 0.0));
        written(number(bar.value), (end + 8, y), HPos::Left);
    }
    root.present().unwrap();
}

/// With as many places as mean something.
fn number(value: f64) -> String {
    if value < 10.0 {
        format!("{value:.2}")
    } else if value < 100.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

/// A line: its name, and values by numbers.
pub(crate) type Line = (&'static str, Vec<(f64, f64)>);

/// Draws lines, both scales logarithmic; the name of each at its end.
pub(crate) fn lines(file: &Path, title: &str, lines: &[Line]) {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let range = |of: fn(&(f64, f64)) -> f64| {
        let values: Vec<f64> = points().map(of).collect();
        let (least, most) =
            (values.iter().copied().min_by(f64::total_cmp), values.iter().copied().max_by(f64::total_cmp));
        least.zip(most)
    };
    let (Some((left, right)), Some((low, high))) = (range(|point| point.0), range(|point| point.1)) else { return };
    let root = SVGBackend::new(file, (960, 460)).into_drawing_area();
    root.fill(&WHITE).unwrap();
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(70)
        .build_cartesian_2d((left..right * 4.0).log_scale(), (low * 0.7..high * 1.5).log_scale())
        .unwrap();
    chart
        .configure_mesh()
        .x_label_formatter(&|value| format!("{value}"))
        .y_label_formatter(&|value| format!("{value}"))
        .draw()
        .unwrap();
    let mut taken: Vec<i32> = Vec::new();
    let mut ends: Vec<&Line> = lines.iter().filter(|(_, points)| !points.is_empty()).collect();
    ends.sort_by(|(_, a), (_, b)| b[b.len() - 1].1.total_cmp(&a[a.len() - 1].1));
    for (name, points) in ends {
        let colour = if name.starts_with("mpath") { OWN } else { COLOUR };
        chart.draw_series([PathElement::new(points.clone(), colour.stroke_width(2))]).unwrap();
        chart.draw_series(points.iter().map(|point| Circle::new(*point, 3, colour.filled()))).unwrap();
        let (x, y) = chart.backend_coord(&points[points.len() - 1]);
        // Lines that end close together have their names below each other.
        let y = taken.last().map_or(y, |last| y.max(last + 16));
        taken.push(y);
        let style = ("sans-serif", 14).into_text_style(&root).pos(Pos::new(HPos::Left, VPos::Center));
        root.draw(&Text::new((*name).to_owned(), (x + 10, y), style)).unwrap();
    }
    root.present().unwrap();
}
