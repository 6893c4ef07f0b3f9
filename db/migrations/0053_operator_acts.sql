-- What operators wrote down about organizations is a few records among millions: the index costs only those.
create index records_of_organizations on records (index) where type = 'organization';
