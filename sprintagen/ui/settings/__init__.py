"""The feature at /admin/settings: `page` owns the route, one module for each section."""
