//! Bars on a logarithmic scale, as SVG.

use std::path::Path;

use plotters::prelude::*;

/// One bar: a value, and from where to where it was.
#[derive(Debug, Clone)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: f64,
    pub(crate) least: f64,
    pub(crate) most: f64,
}

const ROW: u32 = 34;
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
    let root = SVGBackend::new(file, (860, 90 + ROW * rows)).into_drawing_area();
    root.fill(&WHITE).unwrap();
    let mut chart = ChartBuilder::on(&root)
        .caption(title, ("sans-serif", 18))
        .margin(12)
        .x_label_area_size(30)
        .y_label_area_size(300)
        .build_cartesian_2d((least.min(1.0) * 0.8..most * 1.3).log_scale(), 0.0..f64::from(rows))
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
    // Names stand where the axis has room for them.
    let (_, heights) = chart.plotting_area().get_pixel_range();
    let height = f64::from(heights.end - heights.start) / f64::from(rows);
    for (row, bar) in (0_i32..).zip(&bars) {
        let y = heights.end - ((f64::from(row) + 0.5) * height) as i32;
        let text = format!("{}   {:.2}", bar.name, bar.value);
        let style = ("sans-serif", 14).into_text_style(&root).pos(plotters::style::text_anchor::Pos::new(
            plotters::style::text_anchor::HPos::Right,
            plotters::style::text_anchor::VPos::Center,
        ));
        root.draw(&Text::new(text, (305, y), style)).unwrap();
    }
    root.present().unwrap();
}
